package work

import (
	"encoding/base64"
	"regexp"
	"slices"
	"time"

	"koko/domain/calendar"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/working"
)

// The actions of the work itself.
const (
	ActionRecordSession Action = "record_work_session"
	ActionRecordInterim Action = "record_work_interim"
	ActionNote          Action = "note_work"
	ActionAttach        Action = "attach_to_work"
	ActionAnswerReview  Action = "answer_review"
)

// RecordWorkSession notes a meeting that took place.
type RecordWorkSession struct {
	HeldOn       Date       `json:"held_on" format:"date" doc:"The day of the meeting; not in the future"`
	Preliminary  bool       `json:"preliminary,omitempty" doc:"A preliminary talk: possible before the conditions are confirmed"`
	Participants int        `json:"participants,omitempty" minimum:"0" maximum:"5000" doc:"How many took part; 0 if not counted" example:"6"`
	Content      file.Words `json:"content,omitzero" required:"true" in:"work" minLength:"1" maxLength:"50000" doc:"What was talked about" example:"Erstes gemeinsames Gespräch; die Vergaberegeln werden offengelegt."`
	Docs
}

// A Session is a meeting that took place.
type Session struct {
	Stamp
	RecordWorkSession
	Late bool `json:"late,omitempty" doc:"Whether it was entered after the end"`
}

// Action is record_work_session.
func (RecordWorkSession) Action() Action { return ActionRecordSession }

// Check wants a day and what it was about.
func (s RecordWorkSession) Check() error {
	return file.First(file.Day("held_on", s.HeldOn), file.Between("participants", s.Participants, 0, 5000),
		s.In(s.Action(), Notes), s.Needs("content"))
}

// Apply adds the session. After the end it is marked as late.
func (s RecordWorkSession) Apply(w *Work, by Stamp) *fault.Error {
	if f := file.NotAfter("held_on", s.HeldOn, by.At); f != nil {
		return f
	}
	if f := w.entered(by.At); f != nil {
		return f
	}
	if w.Ended != nil && s.HeldOn.After(w.Ended.At) {
		return file.Invalid("held_on", "order", "the session lies after the end", "only sessions that took place until then are entered")
	}
	if !s.Preliminary {
		if f := confirmed(*w, by.By); f != nil {
			return f
		}
	}
	if len(w.Sessions) >= maxSessions {
		return fault.Newf(fault.Gate, "the file has %d sessions", maxSessions).By("max_sessions", bounded)
	}
	w.Sessions = append(slices.Clone(w.Sessions), Session{by, s, w.Ended != nil})
	return nil
}

// entering: sessions, notes and what is released are entered until 30 days after the end.
func entering(w Work, _ string) *fault.Error {
	if w.EntriesClosed {
		return entriesClosed()
	}
	return nil
}

// entered is the same check at a given time: the timer may not have recorded yet that it is over.
func (w Work) entered(at time.Time) *fault.Error {
	if w.Ended != nil && calendar.Late(at, w.entriesUntil()) {
		return entriesClosed()
	}
	return nil
}

func entriesClosed() *fault.Error {
	return fault.Newf(fault.Gate, "the time is over in which something could still be entered").By("entries", "nothing to do")
}

// RecordWorkInterim notes where the work stands.
type RecordWorkInterim struct {
	Progress Progress   `json:"progress" doc:"Where the work stands"`
	Result   file.Words `json:"result,omitzero" required:"true" in:"work" minLength:"1" maxLength:"20000" doc:"What was reached" example:"Eine Warteliste wird geführt."`
	Docs
}

// Interim is the latest interim result.
type Interim struct {
	Stamp
	RecordWorkInterim
}

// Action is record_work_interim.
func (RecordWorkInterim) Action() Action { return ActionRecordInterim }

// Check wants the progress and what it consists in.
func (r RecordWorkInterim) Check() error {
	return file.First(file.OneOf("progress", r.Progress), r.In(r.Action(), Notes), r.Needs("result"))
}

// Apply replaces the interim result before.
func (r RecordWorkInterim) Apply(w *Work, by Stamp) *fault.Error {
	w.Interim = &Interim{by, r}
	return nil
}

// NoteWork adds a note.
type NoteWork struct {
	Note file.Words `json:"note,omitzero" required:"true" in:"work" minLength:"1" maxLength:"50000" doc:"What is to be noted" example:"Vorgespräch mit dem Vorstand am Telefon."`
	Docs
}

// Action is note_work.
func (NoteWork) Action() Action { return ActionNote }

// Check wants a note.
func (n NoteWork) Check() error { return file.First(n.In(n.Action(), Notes), n.Needs("note")) }

// Apply leaves no trace in the state.
func (n NoteWork) Apply(w *Work, by Stamp) *fault.Error { return w.entered(by.At) }

var mediaType = regexp.MustCompile(`^[a-z]+/[a-z0-9][a-z0-9.+-]{0,80}$`)

// AttachToWork adds a document.
type AttachToWork struct {
	Title     file.Words `json:"title,omitzero" required:"true" in:"work" minLength:"1" maxLength:"200" doc:"What the document is called" example:"Flipchart"`
	MediaType string     `json:"media_type" in:"work" maxLength:"100" pattern:"^[a-z]+/[a-z0-9][a-z0-9.+-]*$" doc:"Media type (RFC 6838)" example:"application/pdf"`
	Content   file.Words `json:"content,omitzero" required:"true" in:"work" maxLength:"11184812" encoding:"base64" doc:"Base64; 8 MiB at most" example:"S29Lbwo="`
	Size      int        `json:"size" own:"true"` // bytes
	Docs
}

// Prepare counts the bytes of the document.
func (a AttachToWork) Prepare() (file.Command, error) {
	content, err := base64.StdEncoding.DecodeString(string(a.Content))
	if err != nil {
		return nil, file.Invalid("content", "base64", "the content is not base64", "encode the bytes of the document (RFC 4648)")
	}
	a.Size = len(content)
	return a, nil
}

// Action is attach_to_work.
func (AttachToWork) Action() Action { return ActionAttach }

// Check wants one document with a title and a media type.
func (a AttachToWork) Check() error {
	var form *fault.Error
	if !mediaType.MatchString(a.MediaType) {
		form = file.Invalid("media_type", "pattern", "not a media type", "write it as type/subtype, such as application/pdf")
	}
	return file.First(form, file.Between("size", a.Size, 1, 1<<30), a.In(a.Action(), Notes), a.Needs("title"), a.Needs("content"))
}

// Apply leaves no trace in the state.
func (a AttachToWork) Apply(w *Work, by Stamp) *fault.Error { return w.entered(by.At) }

// AnswerReview answers a review of the work. The case learns the answer, and nothing else.
type AnswerReview struct {
	Answer Review `json:"answer" doc:"Whether the work goes on or rests; whoever sees the case learns it. If it is over, use end_work"`
	Docs
}

// Answered is the latest answer.
type Answered struct {
	Stamp
	AnswerReview
}

// Action is answer_review.
func (AnswerReview) Action() Action { return ActionAnswerReview }

// Check wants an answer of the list.
func (a AnswerReview) Check() error {
	return file.First(file.OneOf("answer", a.Answer), a.In(a.Action()))
}

// Apply answers what is due, or else the review that is due next; and the work rests or goes on.
func (a AnswerReview) Apply(w *Work, by Stamp) *fault.Error {
	w.Answer, w.Answers = &Answered{by, a}, w.Answers+1
	w.Reviewed = max(w.due(by.At), min(w.Reviewed+1, w.due(by.At)+1))
	switch {
	case w.Phase == Running && a.Answer == Rests:
		w.Phase = Resting
	case w.Phase == Resting && a.Answer == Going:
		w.Phase = Running
	}
	return nil
}

// tells is the answer as the case hears it.
func (a AnswerReview) tells() working.Answer { return working.Answer(a.Answer) }
