// Package fault defines the few error codes that cross a process boundary.
package fault

import (
	"errors"
	"fmt"
)

// A Code says what went wrong in terms a client can act on.
type Code string

// The codes. Anything without one is internal and never shown to a client.
const (
	Invalid   Code = "invalid"   // the command is wrong whatever the state: correct it
	Gate      Code = "gate"      // something must be done first, by the caller or somebody else
	Forbidden Code = "forbidden" // the caller is the wrong person
	NotFound  Code = "not_found" // it does not exist, or not for the caller
	Conflict  Code = "conflict"  // the request contradicts one that was carried out before
	Stale     Code = "stale"     // the caller has not seen the current version: read it and decide again
	Busy      Code = "busy"      // try again in a moment
	Internal  Code = "internal"
)

// Error is an error that may be shown to the user. None of its parts holds personal data.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
	// Field is the JSON path of the field at fault, if there is one: "actors[2].role".
	Field string `json:"field,omitempty"`
	// Rule is the stable name of what was violated: "four_eyes", "range".
	Rule string `json:"rule,omitempty"`
	// Remedy says what to do about it and, for a gate, who can.
	Remedy string `json:"remedy,omitempty"`
	// Missing lists what a gate is waiting for.
	Missing []string `json:"missing,omitempty"`
}

func (e *Error) Error() string { return e.Message }

// Newf returns an Error with a formatted message.
func Newf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// In returns a copy of e that names the field at fault.
func (e *Error) In(field string) *Error { c := *e; c.Field = field; return &c }

// By returns a copy of e that names the rule violated and what to do about it.
func (e *Error) By(rule, remedy string) *Error { c := *e; c.Rule, c.Remedy = rule, remedy; return &c }

// Of returns the Error in err's chain, or nil.
func Of(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return nil
}

// CodeOf returns the code of err, Internal if it has none.
func CodeOf(err error) Code {
	if e := Of(err); e != nil {
		return e.Code
	}
	return Internal
}
