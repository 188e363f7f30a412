package source

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/shelf"
	"github.com/digestbot/digestbot/digest/website"
)

// text returns a digest with a link to another one.
func text(title, link string) string {
	return "---\ntitle: " + title + "\ndate: 2026-11-23\n---\n### Story of " + title + "\n\nText.\n\n**Source:** [there](" + link + ")\n"
}

// write writes files to a new folder.
func write(t *testing.T, files map[string]string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// Two libraries on one shelf are joined, although they have files with the same name
// and the same text: each is read according to its own site.
func TestJoin(t *testing.T) {
	same := text("Same", "{% post_url 2026-11-23-other %}")
	plain := write(t, map[string]string{"2026-11-23-same.md": same, "draft.md": "---\ndraft: true\n---\n"})
	paged := write(t, map[string]string{"2026-11-23-same.md": strings.Replace(same, "title: Same", "title: Again", 1), "2026-11-23-other.md": text("Other", "https://example.org/x")})
	base, err := url.Parse("https://example.org")
	if err != nil {
		t.Fatal(err)
	}
	site, err := website.New(website.Options{Base: base})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "library.db")
	for range 2 { // the second time, from the shelf
		kept := shelf.Open(t.Context(), path, "test", slog.New(slog.DiscardHandler))
		open := func(folder string, o *digest.Origin, site *website.Website) Source {
			f, err := Open(folder, slog.New(slog.DiscardHandler), WithShelf(kept), WithOrigin(o), WithWebsite(site))
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		j := Join(slog.New(slog.DiscardHandler), digest.Rules{}, open(plain, &digest.Origin{Name: "plain"}, nil), open(paged, &digest.Origin{Name: "paged", Rank: 1}, site))
		got := ""
		for _, c := range j.Library().All() {
			d, err := c.Read()
			if err != nil {
				t.Fatal(err)
			}
			var sources []digest.Source
			for _, s := range d.Stories {
				sources = append(sources, s.Sources...)
			}
			got += fmt.Sprintln(c.ID, c.Library(), c.Path(), c.URL, sources)
		}
		want := `2026-11-23-same plain 2026-11-23-same.md  []
paged//2026-11-23-other paged 2026-11-23-other.md https://example.org/2026/11/23/other.html [{there https://example.org/x}]
paged//2026-11-23-same paged 2026-11-23-same.md https://example.org/2026/11/23/same.html [{there https://example.org/2026/11/23/other.html}]
`
		if got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		if out := j.LeftOut(); fmt.Sprint(out) != "map[draft:1]" || len(j.Problems()) == 0 {
			t.Errorf("left out are %v, problems %v", out, j.Problems())
		}
		if err := kept.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// part is a library that changes when a test tells it to.
type part struct {
	library *digest.Library
	changes chan *digest.Library
	err     error
}

func (p *part) Library() *digest.Library { return p.library }
func (p *part) Problems() []Problem      { return []Problem{{File: "x"}} }
func (p *part) Outage() error            { return nil }
func (p *part) LeftOut() map[string]int  { return map[string]int{"draft": 1} }
func (p *part) Run(ctx context.Context, changed func()) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case l := <-p.changes:
			if l == nil {
				return p.err
			}
			p.library = l
			changed()
		}
	}
}

// After a change of any part, the whole is rebuilt before changed is called, and a part
// that fails ends all.
func TestJoinedRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		of := func(o *digest.Origin, titles ...string) *digest.Library {
			var all []*digest.Card
			for _, title := range titles {
				all = append(all, digest.Keep(&digest.Digest{
					Card: digest.Card{ID: o.ID(title), File: title + ".md", Origin: o, Title: title, Date: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)}, Stories: []digest.Story{{Headline: title}},
				}))
			}
			return digest.Rules{}.NewLibrary(all)
		}
		first, second := &digest.Origin{Name: "a"}, &digest.Origin{Name: "b", Rank: 1}
		a := &part{library: of(first, "one"), changes: make(chan *digest.Library), err: os.ErrPermission}
		b := &part{library: of(second, "two"), changes: make(chan *digest.Library)}
		var log strings.Builder
		j := Join(slog.New(slog.NewTextHandler(&log, nil)), digest.Rules{}, a, b)
		heard := ""
		ended := make(chan error)
		go func() {
			ended <- j.Run(t.Context(), func() {
				for _, c := range j.Library().All() {
					heard += c.ID + " "
				}
				heard += "| "
			})
		}()
		b.changes <- of(second, "two", "three")
		synctest.Wait()
		a.changes <- of(first, "one", "two")
		synctest.Wait()
		if want := "one b//three b//two | one two b//three | "; heard != want {
			t.Errorf("heard of %q, want %q", heard, want)
		}
		if out := fmt.Sprint(j.LeftOut()); out != "map[draft:2 duplicate:1]" || len(j.Problems()) != 3 || j.Problems()[2].File != "two.md" {
			t.Errorf("left out are %s, problems %+v", out, j.Problems())
		}
		if !strings.Contains(log.String(), "digests=1 file=two.md library=b of=a of_file=two.md") {
			t.Errorf("the log has %q", log.String())
		}
		close(a.changes)
		if err := <-ended; !errors.Is(err, os.ErrPermission) {
			t.Errorf("it ends with %v", err)
		}
	})
}
