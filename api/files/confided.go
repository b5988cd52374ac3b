package files

import (
	"context"
	"slices"
	"strings"

	"koko/api/guard"
	"koko/db"
	"koko/domain/file"
	"koko/kinds"
)

// A confidence is a file through which people deal with another one, while nobody else learns that they do: those who
// work on a case are tied to it through their working file.
type confidence struct {
	relation file.Relation
	file     string // the id of that file
	veil     string // the act without which nobody learns of what is done there
}

// confidences are the files through which people deal with one in confidence.
func (f *Kind) confidences(at Folder) (all []confidence) {
	for _, r := range f.Def.Relations {
		veil, ok := f.confides(r.Through)
		if !ok {
			continue
		}
		for _, t := range at.Ties {
			if id, ok := strings.CutPrefix(t, string(r.Name)+":"); ok {
				all = append(all, confidence{r.Name, id, veil})
			}
		}
	}
	return all
}

// confides reports whether nobody else learns who is tied to files in a way, and the act without which they do not.
func (s *Server) confides(via file.Relation) (veil string, ok bool) {
	k, ok := kinds.ByRelation(via)
	if !ok {
		return "", false
	}
	veil = k.Secret()
	return veil, veil != ""
}

// Confides reports whether nobody else learns who is tied to files in a way.
func (s *Server) Confides(via file.Relation) bool {
	_, ok := s.confides(via)
	return ok
}

// confided returns the confidence in which the caller does something with a file, if nothing else lets them: read it in
// a way, or see that it is there. It is recorded with the file through which they do it: else the record would tell who
// they are.
func (f *Kind) confided(caller guard.Principal, at Folder, act string) (c confidence, ok bool) {
	acts := f.Seeing()
	if slices.Contains(f.Def.Reading(), act) {
		acts = []string{act}
	}
	for _, c := range f.confidences(at) {
		if !slices.Contains(caller.Through, c.file) {
			continue
		}
		openly := caller
		openly.Through = slices.DeleteFunc(slices.Clone(caller.Through), func(id string) bool { return id == c.file })
		if !f.mayAny(openly, at, acts) {
			return c, true
		}
	}
	return c, false
}

// refused says of a refusal where it is recorded.
func (f *Kind) refused(caller guard.Principal, at Folder, r guard.Refusal) guard.Refusal {
	if c, ok := f.confided(caller, at, ""); ok {
		r.FileID, r.Version, r.Veil = c.file, 0, c.veil
	}
	return r
}

// noteRead records that the caller read something of a file.
func (f *Kind) noteRead(ctx context.Context, caller guard.Principal, act string, at Folder, subject, reason string) error {
	c, ok := f.confided(caller, at, act)
	if !ok {
		return f.Read(ctx, caller, act, at.Row, subject, reason)
	}
	return f.Audited(ctx, caller, db.AppendAccessParams{Action: act, Reason: reason, FileID: &c.file, SubjectID: subject, Veil: c.veil})
}
