package file

import "time"

// An ErasureReason is a ground for erasing a document: those of Art. 17(1)(a) to (e) GDPR (Regulation
// (EU) 2016/679), and the one that is commonest in files, what was put into the wrong one: it is
// inaccurate there (Art. 5(1)(d), Art. 16) and thereby unlawful (Art. 17(1)(d)). Art. 17(1)(f) is about
// services that are offered to children, which a municipality does not do here.
type ErasureReason string

// The reasons.
const (
	NotNecessary     ErasureReason = "not_necessary"     // (a) Zweck entfallen
	ConsentWithdrawn ErasureReason = "consent_withdrawn" // (b) Einwilligung widerrufen
	Objection        ErasureReason = "objection"         // (c) Widerspruch nach Art. 21
	Unlawful         ErasureReason = "unlawful"          // (d) unrechtmäßig verarbeitet
	LegalObligation  ErasureReason = "legal_obligation"  // (e) Rechtspflicht zur Löschung
	WrongFile        ErasureReason = "wrong_file"        // (d), Art. 16: irrtümlich in dieser Akte
)

func (ErasureReason) Values() []ErasureReason {
	return []ErasureReason{NotNecessary, ConsentWithdrawn, Objection, Unlawful, LegalObligation, WrongFile}
}

// An ErasureGround is why the words of a document are gone: somebody asked for it for one of the reasons, or
// the time was over for which they are kept.
type ErasureGround string

// Expired is the ground of what nobody asked for: see Retention.
const Expired ErasureGround = "retention"

func (ErasureGround) Values() (all []ErasureGround) {
	for _, r := range Values[ErasureReason]() {
		all = append(all, ErasureGround(r))
	}
	return append(all, Expired)
}

// An ErasureStatus is what became of a request to erase a document.
type ErasureStatus string

// The statuses.
const (
	ErasureOpen     ErasureStatus = "open"
	ErasureApproved ErasureStatus = "approved" // and carried out
	ErasureRejected ErasureStatus = "rejected"
)

func (ErasureStatus) Values() []ErasureStatus {
	return []ErasureStatus{ErasureOpen, ErasureApproved, ErasureRejected}
}

// An Erasure says of a document that its words were erased.
type Erasure struct {
	At     time.Time     `json:"at" doc:"When"`
	Reason ErasureGround `json:"reason" doc:"On which ground (Art. 17 GDPR); retention: the time was over for which they are kept"`
}
