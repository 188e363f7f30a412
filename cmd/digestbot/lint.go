package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/digestbot/digestbot/cmd/digestbot/internal/libraries"
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/source"
)

type lintCmd struct {
	JSON  bool     `help:"Print one JSON object a line."`
	Paths []string `arg:"" name:"path" help:"Files and folders of digests. Tags and headlines are compared across all of them."`
}

// Run prints the problems in the files and fails if any is an error.
func (cmd lintCmd) Run(ctx context.Context, p *program, c *cli) error {
	conf := p.configIfAny(c)
	var found []linted
	err := p.libraries(conf, c).Read(ctx, cmd.Paths, func(files []digest.Reading) (err error) {
		found, err = lint(files, time.Now())
		return err
	})
	if err != nil {
		return err
	}
	return cmd.tell(p, found)
}

// tell prints the problems and fails if any is an error.
func (cmd lintCmd) tell(p *program, found []linted) error {
	if err := p.printFindings(found, cmd.JSON); err != nil {
		return err
	}
	_, _ = fmt.Fprintln(p.err, summary(found))
	out := map[string]int{}
	for _, f := range found {
		if f.leftOut != "" {
			out[f.leftOut]++
		}
	}
	if len(out) > 0 {
		_, _ = fmt.Fprintln(p.err, libraries.LeftOut(out))
	}
	if slices.ContainsFunc(found, func(f linted) bool { return f.errors() > 0 }) {
		return errSilent
	}
	return nil
}

// linted is a file and its problems.
type linted struct {
	file     string
	problems []digest.Problem
	leftOut  string // why libraries leave it out; empty if they do not
}

func (l linted) errors() (n int) {
	for _, x := range l.problems {
		if x.Severity == digest.Error {
			n++
		}
	}
	return n
}

// lint returns the files in order. A file that was read through several paths is returned
// once.
func lint(read []digest.Reading, now time.Time) ([]linted, error) {
	read = slices.Clone(read)
	slices.SortStableFunc(read, func(a, b digest.Reading) int { return cmp.Compare(clean(a), clean(b)) })
	read = slices.CompactFunc(read, func(a, b digest.Reading) bool { return clean(a) == clean(b) })
	files := make([]linted, len(read))
	found, err := digest.Lint(read, now)
	for i, problems := range found {
		files[i] = linted{read[i].Card.File, problems, source.LeftOut(read[i])}
	}
	return files, err
}

func clean(r digest.Reading) string { return filepath.Clean(r.Card.File) }

// lintedProblem is a problem as lint --json prints it.
type lintedProblem struct {
	File string `json:"file"`
	shownProblem
}

// printFindings prints a line for each problem. A problem of the whole file gets line 1 and
// column 1, because editors and other tools count from 1.
func (p *program) printFindings(files []linted, asJSON bool) error {
	out := p.json()
	for _, f := range files {
		for _, x := range f.problems {
			s := shownProblem{max(x.Line, 1), max(x.Column, 1), x.Severity.String(), x.Code, x.Message}
			if !asJSON {
				p.problem(f.file, s)
			} else if err := out.Encode(lintedProblem{jsonName(f.file), s}); err != nil {
				return err
			}
		}
	}
	return nil
}

// problem prints a problem of a file on one line, even if it quotes line breaks.
func (p *program) problem(file string, s shownProblem) {
	p.printf("%s:%d:%d: %s: %s [%s]\n", digest.Printable(file), s.Line, s.Column, s.Severity, oneLine.Replace(s.Message), s.Code)
}

// oneLine escapes line breaks as Go does.
var oneLine = strings.NewReplacer("\n", `\n`, "\r", `\r`)

// jsonName returns the name of a file for JSON. A name that is not UTF-8 is quoted and
// escaped as in Go.
func jsonName(file string) string {
	if utf8.ValidString(file) {
		return file
	}
	return digest.Printable(file)
}

// summary returns a sentence such as "3 errors, 5 warnings in 2 of 12 files".
func summary(files []linted) string {
	var errors, problems, concerned int
	for _, f := range files {
		errors += f.errors()
		problems += len(f.problems)
		if len(f.problems) > 0 {
			concerned++
		}
	}
	if problems == 0 {
		return count(len(files), "file") + ", no problem"
	}
	return fmt.Sprintf("%s, %s in %d of %s",
		count(errors, "error"), count(problems-errors, "warning"), concerned, count(len(files), "file"))
}

// count returns a number with its noun, such as "2 files".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
