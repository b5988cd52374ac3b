package files

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/file"
	"koko/policies"
)

func (f *Kind) registerAccess(api huma.API) {
	op := f.operation("get-"+string(f.Def.Kind)+"-access", http.MethodGet, "/{id}/access", "Audit",
		"List who could read "+f.A()+", and who did",
		"Everybody whose grants at that time, with the file as it stood then, would let them read it under the current policy; and everybody who did read it "+
			"until then, as far as reads are recorded. Only grants that touch your area are considered. What is confidential is left out. The question is recorded.",
		wire.Statuses(403, 404)...,
	)
	guard.Register(f.Server, api, op, f.access)
}

// AccessQuery is embedded in the input of the lists of who had access.
type AccessQuery struct {
	wire.Reason
	At string `query:"at" maxLength:"40" doc:"A time, or a day, which means its end; now if left out" example:"2026-03-01"`
	wire.Continued
	Limit int `query:"limit" minimum:"1" maximum:"500" default:"200" doc:"Entries on a page at most"`
}

type accessInput struct {
	wire.Ref
	AccessQuery
}

// AccessList is who could read a file at a time.
type AccessList struct {
	At      time.Time      `json:"at" doc:"When"`
	Policy  string         `json:"policy" doc:"Always current: today's policy, applied to the past as well" example:"current"`
	Version int            `json:"version" doc:"Of the file, as it was then"`
	Items   []PersonAccess `json:"items" nullable:"false" doc:"The people of this page, by subject"`

	Withheld bool   `json:"withheld" doc:"Whether there may be others, of whom nobody learns: who works on a case stands in its working file alone"`
	Next     string `json:"next,omitempty" doc:"Cursor of the next page; left out on the last one"`
}

// PersonAccess is how somebody could read a file, and whether they did.
type PersonAccess struct {
	Subject   string          `json:"subject" doc:"Who"`
	Relations []file.Relation `json:"relations" nullable:"false" doc:"What tied them to the file"`
	Ways      []AccessWay     `json:"ways" nullable:"false" doc:"How they could read it; empty for somebody who had read it before and could no longer"`
	Reads     []ReadNote      `json:"reads" nullable:"false" doc:"How they did, as far as it is recorded"`
}

// AccessWay is an act by which somebody could read a file.
type AccessWay struct {
	Act   string    `json:"act" doc:"The act of reading" example:"read_case"`
	Rule  string    `json:"rule" doc:"The row of the policy" example:"conflict_manager, read_case, any, -"`
	Grant GrantNote `json:"grant" doc:"The grant that opened it"`
}

// ReadNote is how often somebody read something in a way.
type ReadNote struct {
	Act   string    `json:"act" doc:"The act of reading" example:"read_identities"`
	Count int       `json:"count" doc:"How often"`
	First time.Time `json:"first" doc:"The first time"`
	Last  time.Time `json:"last" doc:"The last time"`
}

type accessOutput struct{ Body AccessList }

// access lists who could read a file at a time.
func (f *Kind) access(ctx context.Context, in *accessInput) (*accessOutput, error) {
	when, err := f.Moment("at", in.At)
	if err != nil {
		return nil, err
	}
	after, err := in.After(wire.Cursor{}, wire.Cursor.Named)
	if err != nil {
		return nil, err
	}
	caller, err := f.Principal(ctx)
	if err != nil {
		return nil, err
	}
	at, err := f.Find(ctx, caller, in.ID, policies.ReadAccess)
	if err == nil {
		err = f.Permit(caller, policies.ReadAccess, at)
	}
	if err != nil {
		return nil, err
	}
	then, err := f.at(ctx, caller, at, when)
	if err != nil {
		return nil, err
	}
	people, err := f.readers(ctx, caller, then, when)
	if err != nil {
		return nil, err
	}
	out := &accessOutput{AccessList{At: when.At, Policy: "current", Version: then.Version, Withheld: len(f.confidences(then)) > 0}}
	out.Body.page(people, after.ID, in.Limit)
	return out, f.Audited(ctx, caller, db.AppendAccessParams{
		Action: policies.ReadAccess, Reason: string(in.Reason.Reason), FileID: &at.ID, Version: wire.VersionOrNil(at.Version),
	})
}

func (l *AccessList) page(people map[string]*PersonAccess, after string, limit int) {
	l.Items = []PersonAccess{}
	for _, p := range people {
		if p.Subject > after && len(p.Ways)+len(p.Reads) > 0 {
			l.Items = append(l.Items, *p)
		}
	}
	slices.SortFunc(l.Items, func(a, b PersonAccess) int { return strings.Compare(a.Subject, b.Subject) })
	l.Items, l.Next = wire.Cut(l.Items, limit, func(last PersonAccess) wire.Cursor { return wire.Cursor{ID: last.Subject} })
}

// readers returns, by subject, who could read a file as it was then, and who did.
func (f *Kind) readers(ctx context.Context, caller guard.Principal, at Folder, when guard.Moment) (map[string]*PersonAccess, error) {
	q := db.As(f.Pool, caller.Subject, f.Scope(caller, policies.ReadAccess).Everywhere())
	rows, err := q.ListGrantsIn(ctx, db.ListGrantsInParams{AGS: string(at.AGS), At: when.At, Known: when.Known})
	if err != nil {
		return nil, fmt.Errorf("grants in %s: %w", at.AGS, err)
	}
	reads, err := q.ListReaders(ctx, db.ListReadersParams{FileID: &at.ID, Until: when.Known, Lifted: []string{}})
	if err != nil {
		return nil, fmt.Errorf("readers of %s: %w", at.ID, err)
	}
	through, err := f.through(ctx, at, when, true)
	if err != nil {
		return nil, err
	}
	people := map[string]*PersonAccess{}
	for i, j := 0, 0; i < len(rows); i = j { // one person after the other
		for j = i; j < len(rows) && rows[j].Subject == rows[i].Subject; {
			j++
		}
		people[rows[i].Subject] = f.reader(at, rows[i:j], through)
	}
	if !f.May(caller, f.Def.History, at).Allowed {
		reads = nil // they would reveal who is involved
	}
	for _, r := range reads {
		if people[r.Actor] == nil {
			people[r.Actor] = &PersonAccess{Subject: r.Actor, Relations: []file.Relation{}, Ways: []AccessWay{}, Reads: []ReadNote{}}
		}
		people[r.Actor].Reads = append(people[r.Actor].Reads, ReadNote{r.Act, int(r.Reads), r.First, r.Last})
	}
	return people, nil
}

// reader returns how the holder of rows can read a file.
func (f *Kind) reader(at Folder, rows []db.ListGrantsInRow, through []tiedMember) *PersonAccess {
	person, notes := guard.Principal{}, map[string]GrantNote{}
	person.Subject = rows[0].Subject
	for _, r := range rows {
		held := policies.Grant{ID: r.ID, Role: policies.Role(r.Role), Area: db.Area(r.Area), InsteadOf: r.InsteadOf}
		person.Grants = append(person.Grants, held)
		notes[r.ID] = GrantNote{r.ID, policies.Role(r.Role), int(r.Size), r.ValidFrom, r.ValidUntil, r.GivenBy, r.InsteadOf}
	}
	person.Through = f.reached(person, through)
	p := &PersonAccess{
		Subject: person.Subject, Ways: []AccessWay{}, Reads: []ReadNote{},
		Relations: append([]file.Relation{}, f.neutral(f.asked(person, policies.ReadAccess, at).Relations)...),
	}
	for _, act := range f.Def.Reading() {
		if d := f.May(person, act, at); d.Allowed && !slices.Contains(f.Def.Veils(), act) {
			p.Ways = append(p.Ways, AccessWay{act, d.Rule, notes[d.Grant]})
		}
	}
	return p
}

// A tiedMember is tied to a file through which others are held.
type tiedMember struct {
	file    string
	subject string
	via     file.Relation
	places  ags.Area
}

// through finds who was tied, at a time, to the files that hold ties to this one; for others, only those of whom they
// may learn it.
func (f *Kind) through(ctx context.Context, at Folder, when guard.Moment, others bool) ([]tiedMember, error) {
	var all []tiedMember
	for _, r := range f.Def.Relations {
		if r.Through == "" || others && f.Confides(r.Through) {
			continue
		}
		var ids []string
		for _, t := range at.Ties {
			if id, ok := strings.CutPrefix(t, string(r.Name)+":"); ok {
				ids = append(ids, id)
			}
		}
		if len(ids) == 0 {
			continue
		}
		rows, err := db.As(f.Pool, "", nil).ListHoldersAt(ctx, db.ListHoldersAtParams{Files: ids, Relation: string(r.Through), At: when.Known})
		if err != nil {
			return nil, fmt.Errorf("holders of %v: %w", ids, err)
		}
		for _, row := range rows {
			for _, subject := range row.Holders {
				all = append(all, tiedMember{row.ID, subject, r.Through, db.Area(row.Places)})
			}
		}
	}
	return all, nil
}

// reached lists the files through which a person holds ties: the person's own grants must reach them, as
// they must for a request of theirs.
func (s *Server) reached(person guard.Principal, through []tiedMember) (ids []string) {
	areas := s.Policy.Through(person.Grants)
	for _, m := range through {
		if m.subject == person.Subject && slices.ContainsFunc(m.places, areas[m.via].Covers) {
			ids = append(ids, m.file)
		}
	}
	return ids
}

// neutral leaves out the ties that would reveal what is veiled: those that a row of the policy for a veiled
// act requires.
func (f *Kind) neutral(rels []file.Relation) []file.Relation {
	veiled := f.Def.Veils()
	for _, act := range f.Def.Given() {
		if f.Def.VeilOf(act) != "" {
			veiled = append(veiled, act)
		}
	}
	return slices.DeleteFunc(slices.Clone(rels), func(r file.Relation) bool { return f.Policy.Tells(r, veiled) })
}
