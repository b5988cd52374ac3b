// Package ledger makes the audit provable to somebody who does not trust the running system: an
// append-only Merkle log (RFC 6962) over the rows of the ledger tables, checkpoints of it that an
// instance signs (C2SP tlog-checkpoint in signed notes, Ed25519), and witnesses who cosign them
// (C2SP cosignature/v1). It is pure: rows, nodes, keys and times are handed in.
//
// # What is in the log
//
// Every row of a ledger table carries the hash of its own content and of the row before it. Its
// leaf is "koko/TABLE/1", a zero byte, and that hash of 32 bytes, hashed as RFC 6962 hashes leaves.
// A leaf shows nothing of the row: proofs, checkpoints and whole trees can be published.
//
// # Who can do what with which key
//
//   - Whoever writes to the database can change or delete rows and compute every chain anew. Any
//     checkpoint that somebody else has kept then disagrees: the rows have no inclusion in it.
//   - Whoever also holds the signing key of the instance can sign a checkpoint of the rewritten log:
//     a fork. It stays unseen until somebody compares two checkpoints, which is what a witness does.
//     A witness cosigns only what continues all that it has seen, so that the forger either lacks the
//     cosignature or has shown two signed checkpoints that contradict each other, which is proof.
//   - Whoever holds a retired key can sign a checkpoint and give it a time at which the key counted.
//     The signature alone does not show it. A witness refuses retired keys by its own clock, so a
//     cosignature is the better evidence of time.
//   - Whoever holds the key of a witness can cosign anything, but cannot make a checkpoint: the
//     instance and all of its witnesses would have to act together to rewrite the past unseen.
//   - Nobody needs a key to verify. Verifier strings are public; whoever pins them early, outside of
//     the instance, need not believe what the instance says about its keys later.
//
// # What is not proven
//
// A log shows that a row was there when a checkpoint was signed, in this wording, and that nothing
// was changed since. It does not show that the row is true, nor that everything was written down.
// Rows after the last checkpoint that somebody else holds can be dropped unseen: what a missing tail
// means is "not yet witnessed", which is why checkpoints are made and exchanged on a schedule.
package ledger
