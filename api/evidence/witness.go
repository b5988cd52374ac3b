package evidence

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/internal/evidence/witness"
	"koko/policies"
)

// registerWitness adds what other instances ask, without a login: what counts is who signed the checkpoint.
func (s *Server) registerWitness(mux *http.ServeMux) {
	mux.HandleFunc("POST "+witness.Path, s.addCheckpoint)
}

// addCheckpoint speaks C2SP tlog-witness.
func (s *Server) addCheckpoint(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, witness.MaxBody))
	if err != nil {
		wire.Write(w, r, unread(err))
		return
	}
	line, err := s.Witness.AddCheckpoint(r.Context(), body, s.Now())
	refusal, refused := errors.AsType[*witness.Refusal](err)
	switch {
	case refused && refusal.Cause == witness.OtherSize:
		w.Header().Set("Content-Type", witness.SizeType)
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, strconv.FormatUint(refusal.Size, 10)+"\n") // a client that is gone asks again
	case refused:
		wire.Write(w, r, notCosigned(refusal))
	case err != nil:
		wire.Write(w, r, s.FaultProblem(r.Context(), err))
	default:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write(line)
	}
}

func unread(err error) *wire.Problem {
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		return wire.NewProblem("too-large", "the request is longer than any proof").By("body", "send one checkpoint and one proof")
	}
	return wire.NewProblem("malformed", "the request did not arrive").By("body", "send it again")
}

func notCosigned(r *witness.Refusal) *wire.Problem {
	switch r.Cause {
	case witness.Unknown:
		return wire.NewProblem("not-found", "checkpoints of this origin are not cosigned here").By("origin", "ask the operators of this instance to add yours to its witnesses")
	case witness.Unsigned:
		return wire.NewProblem("forbidden", "no key that counts for this origin signed the checkpoint").
			By("signature", "send your present keys to the operators of this instance")
	case witness.OtherProof:
		return wire.NewProblem("invalid", "the proof does not show that the checkpoint continues what was cosigned").By("consistency", "send the proof from the size cosigned last; if there is none, the log was rewritten")
	default:
		return wire.NewProblem("malformed", r.Err.Error()).By("request", "send what C2SP tlog-witness describes")
	}
}

func (s *Server) registerWitnesses(api huma.API) {
	guard.Register(s, api, huma.Operation{
		OperationID: "list-witnesses", Method: http.MethodGet, Path: "/ledger/witnesses",
		Summary: "List the other instances that cosign checkpoints of the ledger",
		Description: "What each of them cosigned last, how far behind that is, what this instance cosigned last of theirs, and what they signed although it " +
			"contradicts what they had signed before. Reading is recorded.",
		Tags: []string{"Ledger"}, Errors: wire.Statuses(403),
	}, s.listWitnesses)
}

// WitnessStanding is the state of the exchange with another instance.
type WitnessStanding struct {
	Name      string            `json:"name" doc:"The municipality" example:"Stadt Musterhausen"`
	Origin    string            `json:"origin" doc:"The name of the instance in checkpoints" example:"koko.musterhausen.example/ledger"`
	Witnesses bool              `json:"witnesses" doc:"Whether it cosigns our checkpoints"`
	Witnessed bool              `json:"witnessed" doc:"Whether we cosign its checkpoints"`
	Cosigned  *WitnessMark      `json:"cosigned,omitempty" doc:"What it cosigned last of our ledger; left out if nothing yet"`
	Behind    uint64            `json:"behind" doc:"Entries of our latest checkpoint that it has not cosigned"`
	Answer    witness.Outcome   `json:"answer,omitempty" doc:"Its last answer; contradicted: it has cosigned a ledger of ours that contradicts this one"`
	Since     *time.Time        `json:"since,omitempty" doc:"Since when it has given this answer"`
	Seen      *WitnessMark      `json:"seen,omitempty" doc:"What we cosigned last of its ledger; left out if nothing yet"`
	Conflicts []WitnessConflict `json:"conflicts" nullable:"false" doc:"What it signed in contradiction to itself, the latest first"`
}

// WitnessMark is how much of a ledger was cosigned.
type WitnessMark struct {
	Size uint64    `json:"size" doc:"Entries of the ledger" example:"4711"`
	At   time.Time `json:"at" doc:"When it was cosigned"`
}

// WitnessConflict is two checkpoints that contradict each other, as they were signed.
type WitnessConflict struct {
	Kind    witness.ConflictKind `json:"kind" doc:"fork: two contents of one size; rollback: signed later, and shorter; inconsistent: the proof that came with it did not fit, which shows a rewriting only if there is no other proof"`
	At      time.Time            `json:"at" doc:"When it came"`
	Before  string               `json:"before" doc:"What we had cosigned: a signed note"`
	After   string               `json:"after" doc:"What came then: a signed note"`
	Settled bool                 `json:"settled" doc:"Whether it was cosigned after all, with another proof"`
}

type listWitnessesOutput struct {
	Body struct {
		Items []WitnessStanding `json:"items" nullable:"false" doc:"The other instances, as they are configured"`
	}
}

func (s *Server) listWitnesses(ctx context.Context, _ *struct{}) (*listWitnessesOutput, error) {
	out, err := s.witnessStandings(ctx)
	return out, err
}

func (s *Server) witnessStandings(ctx context.Context) (*listWitnessesOutput, error) {
	caller, area, err := s.Audits(ctx, policies.ReadLedger)
	if err != nil {
		return nil, err
	}
	standings, err := witness.Standings(ctx, s.Pool, s.Witness.Peers)
	if err != nil {
		return nil, err
	}
	out := &listWitnessesOutput{}
	out.Body.Items = []WitnessStanding{}
	for _, st := range standings {
		out.Body.Items = append(out.Body.Items, witnessStanding(st))
	}
	return out, s.AuditedIn(ctx, caller, area, nil, db.AppendAccessInParams{Action: policies.ReadLedger})
}

func witnessStanding(st witness.Standing) WitnessStanding {
	w := WitnessStanding{
		Name: st.Peer.Name, Origin: st.Peer.Origin(), Witnesses: st.Peer.Witnesses, Witnessed: st.Peer.Witnessed,
		Cosigned: (*WitnessMark)(st.Cosigned), Behind: st.Behind, Answer: st.Answer, Seen: (*WitnessMark)(st.Seen),
		Conflicts: []WitnessConflict{},
	}
	if st.Answer != "" {
		w.Since = &st.Since
	}
	for _, c := range st.Conflicts {
		w.Conflicts = append(w.Conflicts, WitnessConflict{c.Kind, c.At, string(c.Before), string(c.After), c.Settled})
	}
	return w
}

// CosignatureAges is a metric that reads the record when it is collected.
type CosignatureAges struct{ Pool *pgxpool.Pool }

var cosignatureAge = prometheus.NewDesc(
	"koko_ledger_cosignature_age_seconds",
	"Seconds since a witness last cosigned a checkpoint of the ledger.",
	[]string{"witness"},
	nil,
)

// Describe announces the metric.
func (c CosignatureAges) Describe(all chan<- *prometheus.Desc) { all <- cosignatureAge }

// Collect leaves the metric out while the record does not answer.
func (c CosignatureAges) Collect(all chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	rows, err := db.On(c.Pool).ListCosignatureAges(ctx)
	if err != nil {
		return
	}
	for _, r := range rows {
		all <- prometheus.MustNewConstMetric(cosignatureAge, prometheus.GaugeValue, r.Seconds, r.Witness)
	}
}
