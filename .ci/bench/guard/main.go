// Guard fails when digestbot reads again what it has read before, or keeps in memory what
// it has put on its shelf. It compares figures of one run: those of a second start with
// those of the first, and the difference in memory between a large and a small library with
// the size of their files. Comments give the figure at the time when its limit was set.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/digestbot/digestbot/.ci/bench/figures"
	"github.com/digestbot/digestbot/.ci/bench/site"
)

func main() {
	digestbot := flag.String("digestbot", "", "the binary of digestbot")
	flag.Parse()
	figures.End(run(*digestbot, flag.Arg(0)))
}

const (
	many, few = 5000, 500
	rounds    = 3
	// idle is longer than serve takes to release the memory that only its start needed.
	idle = 6 * time.Second
)

// run compares in a folder.
func run(digestbot, scratch string) error {
	large := site.Build{Binary: digestbot, Folder: filepath.Join(scratch, "many")}
	small := site.Build{Binary: digestbot, Folder: filepath.Join(scratch, "few")}
	for build, n := range map[site.Build]int{large: many, small: few} {
		if err := errors.Join(site.Generate(build.Folder, n), build.Forget()); err != nil {
			return err
		}
	}
	if _, err := small.Ask(); err != nil {
		return err
	}
	var firsts, seconds, smalls []figures.Cost
	for range rounds {
		if err := large.Forget(); err != nil {
			return err
		}
		for _, run := range []struct {
			build site.Build
			costs *[]figures.Cost
		}{{large, &firsts}, {large, &seconds}, {small, &smalls}} {
			cost, err := run.build.Ask()
			if err != nil {
				return err
			}
			*run.costs = append(*run.costs, cost)
		}
	}
	first, second, ofFew := figures.Middle(firsts), figures.Middle(seconds), figures.Middle(smalls)
	ofLarge, ofSmall, err := serves(large, small)
	if err != nil {
		return err
	}
	bytes, err := more(large, small)
	if err != nil {
		return err
	}
	bounds := []struct {
		most, value float64
		what        string
	}{
		// The comments are the figures on 2026-11-29, and before there was a shelf.
		{0.25, second.Processor / first.Processor, "processor time of a second answer, of the first"},               // 0.05; 1.0
		{0.95, (second.Memory - ofFew.Memory) / bytes, "memory of a second answer, of the bytes of files"},          // 0.6; 1.4
		{0.25, ofLarge.Starting / first.Processor, "processor time until serve is ready again, of a first answer"},  // 0.05; 0.9
		{0.90, (ofLarge.Anonymous - ofSmall.Anonymous) / bytes, "anonymous memory of serve, of the bytes of files"}, // 0.58; 1.5
		{1.30, (ofLarge.Peak - ofSmall.Peak) / bytes, "greatest memory of serve, of the bytes of files"},            // 0.74; 2.1
	}
	figures.Title("%d digests beside %d, which have %.1f MB less", many, few, bytes)
	for _, b := range bounds {
		figures.AtMost(b.most, b.value, "x", b.what)
	}
	figures.Say(second.Memory, "MB", fmt.Sprintf("greatest memory of a second answer, %.1f with %d digests", ofFew.Memory, few))
	figures.Say(ofLarge.Anonymous, "MB", fmt.Sprintf("anonymous memory of serve, %.1f with %d digests", ofSmall.Anonymous, few))
	figures.Say(ofLarge.Peak, "MB", fmt.Sprintf("greatest memory of serve, %.1f with %d digests", ofSmall.Peak, few))
	return nil
}

// serves runs serve on both, until their shelf and index are complete, and again.
func serves(large, small site.Build) (ofLarge, ofSmall site.Served, err error) {
	for range 2 {
		var group errgroup.Group
		group.Go(func() (err error) { ofLarge, err = large.Serve(idle); return err })
		group.Go(func() (err error) { ofSmall, err = small.Serve(idle); return err })
		if err := group.Wait(); err != nil {
			return ofLarge, ofSmall, err
		}
	}
	return ofLarge, ofSmall, nil
}

// more returns by how many MB the files of one library exceed those of another.
func more(large, small site.Build) (mb float64, err error) {
	for folder, sign := range map[string]float64{large.Folder: 1, small.Folder: -1} {
		files, err := os.ReadDir(filepath.Join(folder, "content"))
		if err != nil {
			return 0, err
		}
		for _, file := range files {
			info, err := file.Info()
			if err != nil {
				return 0, err
			}
			mb += sign * float64(info.Size()) / 1e6
		}
	}
	return mb, nil
}
