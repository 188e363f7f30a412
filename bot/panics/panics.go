// Package panics limits the effect of a bug to one unit of work: a delivery, a request, an
// event, a connection. It does not know what that is.
//
// A package that processes such units contains panics once for each, where processing
// begins, and nowhere inside. After a panic the state must still be sound: locks are
// released by defer, and half-finished work is not kept.
package panics

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
)

// Error is the error of a task that panicked. Its text has nothing of the panic, which may
// contain anything; that is in the log.
type Error struct{ task string }

func (e *Error) Error() string {
	return "digestbot has a bug: it could not " + e.task + "; the log has the stack"
}

// Contained reports whether an error is that of a task that panicked.
func Contained(err error) bool {
	_, ok := errors.AsType[*Error](err)
	return ok
}

// Contain calls do and returns its error. If do panics, Contain logs that at ERROR, with
// the stack and args, and returns an *Error. The task describes what do does, in words that
// continue "it could not". http.ErrAbortHandler is not a bug and is panicked again.
func Contain(log *slog.Logger, task string, do func() error, args ...any) (err error) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			panic(p)
		default:
			// The caller may share args with others.
			log.Error("panics: digestbot has a bug", append(slices.Clip(args), "task", task, "panic", fmt.Sprintf("%v", p), "stack", string(debug.Stack()))...)
			err = &Error{task}
		}
	}()
	return do()
}

// Handler answers requests as next does. If a request panics, sorry answers it; if a part
// of a response was already sent, the connection is cut, so that the client does not take
// that part for the whole.
func Handler(log *slog.Logger, next http.Handler, sorry http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := &answer{ResponseWriter: w}
		err := Contain(log, "answer a request", func() error {
			next.ServeHTTP(a, r)
			return nil
		}, "method", r.Method, "path", r.URL.Path)
		switch {
		case err == nil:
		case a.begun:
			panic(http.ErrAbortHandler)
		default:
			sorry(w, r)
		}
	})
}

// answer records whether a part of the response was sent.
type answer struct {
	http.ResponseWriter
	begun bool
}

func (a *answer) WriteHeader(status int) {
	a.begun = true
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	a.begun = true
	return a.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
