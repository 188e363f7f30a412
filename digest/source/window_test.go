package source_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/digest/source"
)

// timed returns a post that is published and expires at the given times; either may be
// zero.
func timed(title string, opens, closes time.Time) string {
	text := post(title, "2000-01-01")
	for key, at := range map[string]time.Time{"publishDate": opens, "expiryDate": closes} {
		if !at.IsZero() {
			text = strings.Replace(text, "---\n", fmt.Sprintf("---\n%s: %s\n", key, at.Format(time.RFC3339Nano)), 1)
		}
	}
	return text
}

// A digest is in the library from its publication until it expires, without any change
// to its file.
func TestScanFollowsTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		dir := t.TempDir()
		write(t, dir,
			"a.md", post("A", "2000-01-02"),
			"b.md", timed("B", start.Add(time.Hour), time.Time{}),
			"c.md", timed("C", time.Time{}, start.Add(2*time.Hour)),
			"d.md", timed("D", start.Add(time.Hour), start.Add(3*time.Hour)),
			"e.md", strings.Replace(timed("E", start.Add(-time.Hour), start.Add(time.Hour)), "---\n", "---\ndraft: true\n", 1),
		)
		f, err := source.Open(dir, slog.New(slog.DiscardHandler))
		must(t, err)
		check := func(wantIDs, wantCodes string) {
			t.Helper()
			if got := ids(f.Library()); got != wantIDs || codes(f) != wantCodes {
				t.Errorf("after %s: got %q with problems %q, want %q with %q", time.Since(start), got, codes(f), wantIDs, wantCodes)
			}
		}
		check("a c", "b.md:draft d.md:draft e.md:draft")
		for _, step := range []struct {
			after     time.Duration
			took      bool
			ids, code string
		}{
			{time.Hour - 1, false, "a c", "b.md:draft d.md:draft e.md:draft"},
			{1, true, "a b c d", "e.md:draft"},
			{1, false, "a b c d", "e.md:draft"},
			{time.Hour, true, "a b d", "c.md:draft e.md:draft"},
			{time.Hour, true, "a b", "c.md:draft d.md:draft e.md:draft"},
			{10000 * time.Hour, false, "a b", "c.md:draft d.md:draft e.md:draft"},
		} {
			time.Sleep(step.after)
			if took, again := f.Scan(); took != step.took || again {
				t.Errorf("after %s: took %t, looks again %t; want %t, false", time.Since(start), took, again, step.took)
			}
			check(step.ids, step.code)
		}

		// The author may change the time, and a digest expires even if its folder is
		// gone.
		write(t, dir, "a.md", timed("A, changed", time.Time{}, time.Now().Add(time.Hour)))
		f.Scan()
		f.Scan()
		must(t, os.RemoveAll(dir))
		time.Sleep(time.Hour)
		if took, _ := f.Scan(); !took {
			t.Error("a digest of a folder that is gone did not expire")
		}
		check("b", "a.md:draft c.md:draft d.md:draft e.md:draft")
	})
}

// Run wakes when a digest is due to be published and when it expires, without an event
// and long before the next poll.
func TestRunFollowsTheClock(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	dir := t.TempDir()
	opens := time.Now().Truncate(time.Second).Add(4 * time.Second)
	write(t, dir, "a.md", post("A", "2000-01-02"), "b.md", timed("B", opens, time.Time{}), "c.md", timed("C", time.Time{}, opens.Add(time.Second)))
	f, err := source.Open(dir, slog.New(slog.DiscardHandler))
	must(t, err)
	f.SetPoll(time.Hour)
	eventually := running(t, f, &buffer{})
	eventually("each", func() bool {
		got := ids(f.Library())
		if early := time.Now().Before(opens); early && got != "a c" {
			t.Errorf("before: got %q, want a c", got)
		}
		return got == "a b"
	})
}

func TestRepositoryFollowsTheClock(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	h := newHost(t)
	opens := time.Now().Add(3 * time.Second)
	h.push(t, "a.md", post("A", "2000-01-02"), "b.md", timed("B", opens, time.Time{}), "c.md", timed("C", time.Time{}, opens))
	remote := h.remote()
	remote.Every = time.Hour
	r, log := open(t, filepath.Join(t.TempDir(), "clone"), remote)
	eventually := running(t, r, log)
	eventually("both", func() bool { return ids(r.Library()) == "a b" })
}

// Read depends on the time, too: it reports the digests that are left out because of
// it, and no others.
func TestReadFollowsTheClock(t *testing.T) {
	dir := t.TempDir()
	past, future := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	write(t, dir,
		"a.md", timed("A", past, future), "b.md", timed("B", future, time.Time{}), "c.md", timed("C", time.Time{}, past),
		"d.markdown", timed("D", future, time.Time{}), "d.md", post("D", "2000-01-01"))
	read, err := source.Read(slog.New(slog.DiscardHandler), []string{dir})
	must(t, err)
	var got []string
	for _, d := range read {
		for _, p := range d.Problems {
			got = append(got, fmt.Sprintf("%s:%d:%d: %s: %s", filepath.Base(d.Card.File), p.Line, p.Column, p.Code, p.Message))
		}
	}
	const minute = "2006-01-02 15:04 UTC"
	want := "b.md:2:1: draft: is left out of the library until " + future.UTC().Format(minute) + ", when it is to be published\n" +
		"c.md:2:1: draft: has left the library: it expired at " + past.UTC().Format(minute) + "\n" +
		"d.markdown:2:1: draft: is left out of the library until " + future.UTC().Format(minute) + ", when it is to be published"
	if got := strings.Join(got, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A digest that says that there is no news is in the library, without stories.
func TestADayWithoutNews(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "2026-05-04-a.md", "# Daily briefing\n\n今日暂无重要动态。\n", "2026-05-05-b.md", "---\ntitle: No news today\n---\n", "undated.md", "# Daily briefing\n\nNo news today.\n")
	f, err := source.Open(dir, slog.New(slog.DiscardHandler))
	must(t, err)
	if got, want := codes(f), "2026-05-05-b.md:no-digest undated.md:undated"; got != want {
		t.Errorf("got problems %q, want %q", got, want)
	}
	if d := f.Library().ByID("2026-05-04-a"); f.Library().Len() != 1 || d == nil || d.Len() != 0 || len(whole(t, d).Lead) == 0 || d.Date.IsZero() {
		t.Errorf("got %d digests and %+v, want one with a date and a lead and without stories", f.Library().Len(), d)
	}
}
