package main

import (
	"fmt"
	"sync"
	"time"
)

// silence is how long anything may take before a terminal is told what it waits for.
const silence = 2 * time.Second

// while does something that may take long, and tells a terminal what it waits for, in the
// words of what: after two seconds, and each time that it has taken twice as long. A pipe
// is told nothing.
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

// words is what while says where nothing about it changes.
func words(text string) func() string { return func() string { return text } }
