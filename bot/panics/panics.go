// Package panics keeps a bug from costing more than the one thing in hand: a
// delivery, a request, an event, a connection. It never knows what that is.
//
// A package that works through such things contains each of them once, where it
// takes it up, and nowhere inside. Anything a panic leaves behind must be sound all
// the same: locks are given back by defer, and what is half done is not kept.
package panics

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
)

// Error is the error of a task that has panicked. Its text has nothing of the
// panic, which may hold anything; that is in the log.
type Error struct{ task string }

func (e *Error) Error() string {
	return "digestbot has a bug: it could not " + e.task + "; the log has the stack"
}

// Contained reports whether an error is that of a task that has panicked.
func Contained(err error) bool {
	_, ok := errors.AsType[*Error](err)
	return ok
}

// Contain calls do and returns its error. If do panics, Contain logs that at
// ERROR, with the stack and args, and returns an *Error. The task is what do
// does, as it follows "it could not". http.ErrAbortHandler is no bug and goes on.
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

// Handler answers requests as next does. A request that panics is answered by
// sorry; if a part of an answer has left already, the connection is cut, so that
// nobody takes that part for all of it.
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

// answer knows whether anything of it has left.
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
