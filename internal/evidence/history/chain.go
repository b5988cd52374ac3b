package history

import (
	"bytes"

	"koko/domain/file"
)

// Chain puts the runs of a file together, the oldest first. A run that is not there, and one that
// begins with another state than the one before came to, are flaws. A run that goes back to none
// though it is not the first one is a restart: it may begin with nothing but the state decided last.
func Chain(k *file.Definition, runs []Run) File {
	f := File{Kind: k}
	for i, r := range runs {
		f.Flaws = append(f.Flaws, r.Flaws...)
		f.Steps = append(f.Steps, r.Steps...)
		f.Ended = r.Ended
		if f.ID == "" {
			f.ID = r.File
		}
		if i == 0 {
			f.Start, f.state = r.Version, r.state
			if r.Prior != "" {
				f.Flaws = append(f.Flaws, Flaw{What: Lost, Run: r.Prior, Version: r.Version})
			}
		} else {
			f.join(runs[i-1], r)
		}
		for _, t := range r.echoes {
			if o, ok := f.At(t.Version); ok && !same(o, t) {
				f.Flaws = append(f.Flaws, Flaw{What: Fork, Run: r.ID, Event: t.Event, Version: t.Version})
			}
		}
		for _, t := range r.Transitions {
			f.add(t)
		}
	}
	return f
}

func (f *File) join(before, r Run) {
	flaw := func(what FlawKind, run string) {
		f.Flaws = append(f.Flaws, Flaw{What: what, Run: run, Version: r.Version})
	}
	switch {
	case r.Prior == "":
		f.Restarts = append(f.Restarts, r.Version)
	case r.Prior != before.ID:
		flaw(Lost, r.Prior)
	case before.Ended != "continued" || before.Next != r.ID:
		flaw(NotEnded, before.ID)
	}
	if r.Version > f.Version() {
		f.Flaws = append(f.Flaws, Flaw{What: Gap, Run: r.ID, Version: f.Version() + 1})
		return
	}
	if state := f.stateAt(r.Version); r.Version < f.Version() || !bytes.Equal(state, r.state) {
		flaw(Carried, r.ID)
	}
}

// stateAt is the state after a version, or that of the beginning.
func (f *File) stateAt(version int) []byte {
	if t, ok := f.At(version); ok {
		return t.State
	}
	if version == f.Start {
		return f.state
	}
	return nil
}

func (f *File) add(t Transition) {
	if o, ok := f.At(t.Version); ok {
		if !same(o, t) {
			f.Flaws = append(f.Flaws, Flaw{What: Fork, Run: t.Run, Event: t.Event, Version: t.Version})
		}
		return
	}
	f.Transitions = append(f.Transitions, t)
}
