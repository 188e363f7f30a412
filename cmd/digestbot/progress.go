package main

import (
	"fmt"
	"sync"
	"time"
)

// silence is how long an operation may take before a terminal shows what it is waiting for.
const silence = 2 * time.Second

// while runs do, which may take long. On a terminal it prints what it is waiting for, in
// the words of what: after two seconds, and each time that the elapsed time has doubled. In
// a pipe it prints nothing.
func (p *program) while(what func() string, do func() error) error {
	if !p.terminal {
		return do()
	}
	done := make(chan struct{})
	var telling sync.WaitGroup
	telling.Go(func() {
		for took, wait := silence, silence; ; took, wait = 2*took, took {
			timer := time.NewTimer(wait)
			select {
			case <-done:
				timer.Stop()
				return
			case <-timer.C:
				_, _ = fmt.Fprintf(p.err, "%s (%s so far)\n", what(), took)
			}
		}
	})
	defer telling.Wait()
	defer close(done)
	return do()
}

// words returns a constant text for while.
func words(text string) func() string { return func() string { return text } }
