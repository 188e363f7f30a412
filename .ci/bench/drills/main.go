// Drills causes faults around a real binary that runs against fakes of Discord and Slack.
// It fails if the operator is not told in time, or if a digest is lost or posted twice
// after the repair. With -v it prints what the operator sees.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/digestbot/digestbot/.ci/bench/figures"
)

func main() {
	digestbot := flag.String("digestbot", "", "the binary of digestbot")
	only := flag.String("only", "", "the drills whose names contain this")
	verbose := flag.Bool("v", false, "print what the operator sees")
	flag.Parse()
	figures.End(run(os.Stdout, *digestbot, flag.Arg(0), *only, *verbose))
}

// notHereError means that this machine does not allow a drill.
type notHereError struct{ error }

// drill is one fault. Its story causes the fault, checks what the operator sees, and
// repairs it. Every digest that it adds must then be posted exactly once in each channel.
type drill struct {
	name  string
	story func(s *site) error
}

// atOnce is how many drills run concurrently: a start needs a processor.
const atOnce = 4

// run runs all drills in a folder.
func run(w io.Writer, digestbot, folder, only string, verbose bool) error {
	digestbot, err := filepath.Abs(digestbot)
	if err != nil {
		return err
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return err
	}
	type result struct {
		site *site
		took time.Duration
		err  error
	}
	turns := make(chan struct{}, atOnce)
	var results []chan result
	var names []string
	for i, d := range drills {
		if !strings.Contains(d.name, only) {
			continue
		}
		done := make(chan result, 1)
		results, names = append(results, done), append(names, d.name)
		go func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			began := time.Now()
			s := &site{binary: digestbot, folder: filepath.Join(folder, fmt.Sprint(i))}
			err := s.drill(d.story)
			done <- result{s, time.Since(began), err}
		}()
	}
	failed := 0
	for i, done := range results {
		r := <-done
		notHere, skipped := errors.AsType[notHereError](r.err)
		switch {
		case skipped:
			fmt.Fprintf(w, "NOT DRILLED: %s, because %v\n", names[i], notHere)
		case r.err != nil:
			failed++
			fmt.Fprintf(w, "FAILED: %s: %v\n", names[i], r.err)
		default:
			fmt.Fprintf(w, "%-36s told and recovered in %.1f s\n", names[i], r.took.Seconds())
		}
		if verbose || r.err != nil && !skipped {
			for _, line := range r.site.seen {
				fmt.Fprintln(w, "    "+line)
			}
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d drills failed", failed, len(results))
	}
	return nil
}
