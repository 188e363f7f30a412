package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/digestbot/digestbot/bot/command"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/bot/retry"
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/search"
)

type searchCmd struct {
	Limit int      `default:"10" help:"How many, the newest first (${default})."`
	Rank  bool     `help:"The best first, not the newest."`
	Words []string `arg:"" help:"Words that must all be there; quotes make a phrase: '\"machine learning\" 漏洞'."`
}

// searchFile is the index that search keeps.
func (c *config) searchFile() string { return filepath.Join(c.State, "search.db") }

// Run prints the stories that the words are found in. The index is brought up
// to date first, which serve, if it runs, does not notice.
func (cmd searchCmd) Run(ctx context.Context, p *program, c *cli) error {
	if cmd.Limit < 1 {
		return fmt.Errorf("limit: %d is no number of stories", cmd.Limit)
	}
	conf, err := p.config(c)
	if err != nil {
		return err
	}
	kept := p.openShelf(ctx, conf, p.log(c))
	defer func() { _ = kept.Close() }()
	library, err := p.openLibrary(ctx, conf, kept, p.log(c))
	if err != nil {
		return err
	}
	index, err := search.Open(conf.searchFile())
	if err != nil {
		return err
	}
	defer func() { _ = index.Close() }()
	if _, err := index.Update(ctx, library.Library()); err != nil {
		return err
	}
	words, order := strings.Join(cmd.Words, " "), search.Newest
	if cmd.Rank {
		order = search.Rank
	}
	hits, err := index.Search(ctx, words, order, cmd.Limit)
	if err != nil {
		return err
	}
	if len(hits) == 0 {
		p.printf("nothing is found for %s\n", words)
		return nil
	}
	for i, hit := range hits {
		if i > 0 {
			p.printf("\n")
		}
		if err := p.showHit(hit); err != nil {
			return err
		}
	}
	return nil
}

// finder finds stories for /digest search while serve keeps its index.
type finder struct {
	index   atomic.Pointer[search.Index] // nil until it holds a library
	changed chan struct{}                // has room for one
	behind  atomic.Bool                  // whether the index could not follow the library
	update  func(context.Context, *search.Index, *digest.Library) error
}

func newFinder() *finder {
	return &finder{changed: make(chan struct{}, 1), update: func(ctx context.Context, index *search.Index, l *digest.Library) error {
		_, err := index.Update(ctx, l)
		return err
	}}
}

// refresh has the index follow the library, soon.
func (f *finder) refresh() {
	select {
	case f.changed <- struct{}{}:
	default: // somebody has said so already
	}
}

// followed is the least time between two updates: who asks while a library
// changes every second must not wait for a processor that follows each change.
const followed = 5 * time.Second

// retried is how long after a failure, such as a full disk, the index is tried
// again, even if the library does not change.
const retried = time.Minute

// run keeps the index, and what the desk works out of a library, until the
// context is done. Meanwhile searches find what was there before. Without an
// index there is no search, which is no reason to post nothing.
func (f *finder) run(ctx context.Context, h *house) {
	learn := func() error { h.desk.Learn(); return nil }
	_ = panics.Contain(h.log, "learn the library", learn)
	var index *search.Index
	defer func() {
		f.index.Store(nil)
		if index != nil {
			_ = index.Close()
		}
	}()
	said := ""
	for {
		err := panics.Contain(h.log, "bring the search index up to date", func() (err error) {
			if index == nil {
				if index, err = search.Open(h.config.searchFile()); err != nil {
					return err
				}
			}
			return f.update(ctx, index, h.library.Library())
		})
		f.behind.Store(err != nil)
		switch {
		case err == nil:
			f.index.Store(index)
			if said != "" {
				h.log.Warn("the search index follows the library again")
			}
			said = ""
		case ctx.Err() == nil && err.Error() != said:
			said = err.Error()
			h.log.Error("the search index does not follow the library; it is tried again each minute", "error", err)
		}
		var again <-chan time.Time
		if err != nil && !panics.Contained(err) { // a bug fails again
			again = time.After(retried)
		}
		if retry.Sleep(ctx, followed) != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-f.changed:
		case <-again:
		}
		_ = panics.Contain(h.log, "learn the library", learn)
	}
}

// find is what the desk searches with.
func (f *finder) find(ctx context.Context, words string, limit int) ([]command.Hit, error) {
	index := f.index.Load()
	if index == nil {
		return nil, command.ErrNotReady
	}
	hits, err := findIn(ctx, index, words, limit)
	if err == nil && len(hits) == 0 && f.behind.Load() {
		err = command.ErrNotReady // it may be in what the index lacks
	}
	return hits, err
}

func findIn(ctx context.Context, index *search.Index, words string, limit int) (hits []command.Hit, err error) {
	found, err := index.Search(ctx, words, search.Newest, limit)
	for _, hit := range found {
		hits = append(hits, command.Hit{Digest: hit.Digest, Story: hit.Story})
	}
	return hits, err
}

// findNow is what the desk searches with where nobody keeps an index: in one that
// is brought up to date first.
func (h *house) findNow(ctx context.Context, words string, limit int) ([]command.Hit, error) {
	index, err := search.Open(h.config.searchFile())
	if err != nil {
		return nil, err
	}
	defer func() { _ = index.Close() }()
	if _, err := index.Update(ctx, h.library.Library()); err != nil {
		return nil, err
	}
	return findIn(ctx, index, words, limit)
}

// showHit prints a hit for people.
func (p *program) showHit(hit search.Hit) error {
	d, err := hit.Digest.Read()
	if err != nil {
		return err
	}
	headline, where := d.Title, d.ID
	var sources []digest.Source
	if hit.Story >= 0 {
		headline, where, sources = d.Stories[hit.Story].Headline, cmp.Or(d.Title, d.ID), d.Stories[hit.Story].Sources
	}
	p.printf("%s\n  %s · %s\n", headline, d.Date.Format(time.DateOnly), where)
	if len(sources) > 0 {
		p.printf("  → %s\n", strings.TrimSpace(sources[0].Title+" "+sources[0].URL))
	}
	return nil
}
