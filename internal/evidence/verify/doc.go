// Package verify writes and checks the sealed case file (versiegelte Fallakte): one file that proves,
// offline and years later, what was decided. It is pure: it opens no file and no connection, and runs in
// a browser.
//
// # The format koko-sealed/1
//
// The first four lines are a signed note: the name of the format; the [Manifest] as one line of JSON; an
// empty line; one signature of the instance that exported the file. After another empty line the parts
// follow back to back, as the manifest says. The README.txt among them, which is the first, explains in
// German and English how to check the file with sha256sum.
//
// Every byte is covered: the first two lines by the signature, the signature by having one spelling, the
// parts by their SHA-256 in the manifest, and there are no others. What a change breaks is named by part
// and, because entries and documents have hashes of their own, by entry or document as well.
//
// # Who can do what
//
//   - Somebody with the file alone can change nothing unseen: the manifest is signed.
//   - Somebody with the signing key of the instance can sign another manifest over other parts. But the
//     entries must be in the log of a checkpoint, and a rewritten log needs another checkpoint: against
//     keys and witnesses that the checker pinned, the witnesses would have to cosign a fork. Without
//     [Trust] the keys in the file are believed, which proves only that the file agrees with itself: the
//     verdict is then [Consistent], never [Proven].
//   - Somebody with a key that was retired can sign for a time at which it counted; only cosignatures of
//     that time speak against it. See package ledger.
//   - The instance chooses what the reader sees. It can withhold the content of an entry and the text of a
//     document, and the report counts both. It cannot put another content in their place: the hash of a
//     withheld entry must be in the log, and the next entry names it. That it follows the one before is
//     then only said, not shown.
//   - The instance can leave out entries of the access log: between those of one file lie those of others.
//     Whether one is missing shows in the whole log of the municipality, which is chained without a gap.
//
// # What is withheld cannot be guessed
//
// The hash of an entry is over a random salt, too, which is shown with the entry and never without it. So the hash of a
// withheld entry fits nothing that somebody can try. Nor does a file have the digest or size of what it withholds.
//
// # What a missing tail means
//
// Decisions have versions without a gap from 1 on, so none can be left out before another. Whether
// there were more after the last one the file cannot show: it says how things stood when the checkpoint
// was signed, at best. A later checkpoint, and a later file, show the rest.
//
// # The history in words
//
// A file may tell its reader what happened, in German and English, as data (history.json) and as a page
// (history.html). Words are no evidence: only the signature over the manifest attests them. They tell of
// no decision that is not among the entries.
//
// # Confided files
//
// The entries of a file of which nobody learns but its people are in a log that is not public, the inner log. Then
// inner.json says what that log was when a day began ([InnerRoot]), proves the entries in it, and names the leaf of the
// main log whose content is SHA-256 over day, size, root and secret; proofs.json proves that leaf alone. Entries of that
// day are pending: they have no proof yet, only the signature over the manifest attests them, and the report counts them.
// An entry that is older by more than two days is not believed to wait, and the day is at least that of the checkpoint.
//
// # Erasure
//
// A decision carries the digest of a document, which is salted: it says nothing about the text. When the
// key is destroyed the digest stays, every proof stays valid, and a [Receipt] in the log says which two
// people did it, why and when, or which decision had it destroyed because its time was over. Whoever still has
// text and nonce from an earlier sealed file can still prove them.
package verify
