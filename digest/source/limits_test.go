package source_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/digest/markdown"
	"github.com/digestbot/digestbot/digest/source"
)

// noise returns text that is hard to compress.
func noise(seed uint64, n int) string {
	random := rand.New(rand.NewPCG(seed, 1))
	var b strings.Builder
	for b.Len() < n {
		fmt.Fprintf(&b, "%016x", random.Uint64())
		if b.Len()%256 == 0 {
			b.WriteByte('\n')
		}
	}
	return b.String()[:n]
}

// mktree makes a tree from lines in the format of git ls-tree, and returns its hash.
func (h *host) mktree(t *testing.T, lines ...string) string {
	t.Helper()
	c := exec.Command("git", "mktree")
	c.Dir, c.Stdin = h.work, strings.NewReader(strings.Join(lines, "\n"))
	out, err := c.Output()
	must(t, err)
	return strings.TrimSpace(string(out))
}

// pushTree commits a tree and pushes it.
func (h *host) pushTree(t *testing.T, tree string) {
	t.Helper()
	c := exec.Command("git", "commit-tree", "-p", "HEAD", "-m", "tree", tree)
	c.Dir = h.work
	c.Env = append(os.Environ(), "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org")
	out, err := c.Output()
	must(t, err)
	h.git(t, h.work, "push", "-q", "-f", "origin", strings.TrimSpace(string(out))+":refs/heads/main")
}

// A repository beyond a limit is rejected with the limit and a remedy, fetched only
// once and reported only once. The library is kept, and the next commit is accepted.
func TestRepositoryLimits(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	several := func(n int, name, text string) (files []string) {
		for i := range n {
			files = append(files, fmt.Sprintf(name, i), text)
		}
		return files
	}
	numbered := func(n int) (files []string) {
		for i := range n {
			files = append(files, fmt.Sprintf("b-%d.png", i), fmt.Sprint(i))
		}
		return files
	}
	for name, c := range map[string]struct {
		limits source.Limits
		push   []string
		tree   func(t *testing.T, h *host) string
		want   string
	}{
		"names": {
			limits: source.Limits{Names: 10}, push: several(10, "b-%d.md", post("B", "2026-01-02")),
			want: "more than 10 files and folders: set library.path",
		},
		"names of any kind": {limits: source.Limits{Names: 10}, push: several(10, "b-%d.png", "x"), want: "more than 10 files and folders"},
		"one folder under many names": {
			limits: source.Limits{Names: 100}, want: "more than 100 files and folders",
			tree: func(t *testing.T, h *host) string {
				tree := h.mktree(t)
				for range 7 { // 128 folders of 8 trees
					tree = h.mktree(t, "040000 tree "+tree+"\ta", "040000 tree "+tree+"\tb")
				}
				return tree
			},
		},
		"depth": {limits: source.Limits{Depth: 3}, push: []string{"1/2/3/4/b.md", post("B", "2026-01-02")}, want: "nested more than 3 deep"},
		"path":  {limits: source.Limits{Path: 50}, push: []string{"folder/" + strings.Repeat("b", 50) + ".md", "x"}, want: "path of a file has more than 50 bytes: give it"},
		"path of nested folders": {
			limits: source.Limits{Path: 50},
			push:   []string{strings.Repeat("folder/", 8) + "b.md", "x"}, want: "path of a file has more than 50 bytes",
		},
		"list of a folder": {limits: source.Limits{Tree: 200}, push: several(9, "b-%d.md", "x"), want: "up to 200 bytes are read: spread the files"},
		"list of the library's folder": {
			limits: source.Limits{Tree: 200}, push: several(9, "other/b-%d.png", "x"), want: "up to 200 bytes are read",
		},
		"text":                      {limits: source.Limits{Text: 3000}, push: []string{"b.md", noise(1, 2000), "c.md", noise(2, 2000)}, want: "more than 3000 bytes of text: set library.path"},
		"one text under many names": {limits: source.Limits{Text: 3000}, push: several(3, "b-%d.md", noise(1, 1200)), want: "more than 3000 bytes of text"},
		"an object": {
			limits: source.Limits{Object: 5000}, push: []string{"b.png", strings.Repeat("x", 5001)},
			want: "file of 5001 bytes, up to 5000 bytes are fetched: keep large files elsewhere",
		},
		"an object that is the difference of another": {
			limits: source.Limits{Object: 5000}, push: []string{"b.png", noise(1, 4990), "c.png", noise(1, 4990) + strings.Repeat(noise(1, 512), 4)},
			want: "up to 5000 bytes are fetched",
		},
		"objects":  {limits: source.Limits{Objects: 8}, push: numbered(9), want: "up to 8 are taken: put the digests into a repository of their own"},
		"unpacked": {limits: source.Limits{Unpacked: 9000}, push: []string{"b.png", strings.Repeat("x", 5000), "c.png", strings.Repeat("y", 5000)}, want: "more than 9000 bytes when it is unpacked"},
		"differences": {
			limits: source.Limits{Chain: 1}, push: []string{"b.png", noise(1, 5000), "c.png", noise(1, 5000) + "c"},
			want: "deltas that build on each other with more than 1 bytes: run git gc",
		},
		"pack": {limits: source.Limits{Pack: 3000}, push: []string{"b.png", noise(1, 9000)}, want: "a fetch brings more than 3000 bytes: keep large files elsewhere"},
		"two files of one name": {
			want: `two files "b.md": run git fsck`,
			tree: func(t *testing.T, h *host) string { return h.literal(t, "b.md", "b.md") },
		},
		"a name with a slash": {
			want: "has a slash: run git fsck",
			tree: func(t *testing.T, h *host) string { return h.literal(t, "x/b.md") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t)
			h.push(t, "a.md", post("A", "2026-01-01"))
			dir := filepath.Join(t.TempDir(), "library.git")
			r, log := open(t, dir, h.remote())
			r.SetLimits(c.limits)
			source.SetBounds(t, c.limits)
			if c.tree != nil {
				h.pushTree(t, c.tree(t, h))
			} else {
				h.push(t, c.push...)
			}
			packs := h.packs.Load()
			for range 3 {
				took, err := r.Refresh(t.Context())
				if took || err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "commit ") {
					t.Fatalf("took %t, error %v; want one with the commit and %q", took, err, c.want)
				}
			}
			if n := h.packs.Load() - packs; n != 1 {
				t.Errorf("what is refused was fetched %d times, want once", n)
			}
			if n := strings.Count(log.String(), "cannot be fetched"); n != 1 || ids(r.Library()) != "a" {
				t.Errorf("logged %d times, library %q; want once, a\n%s", n, ids(r.Library()), log)
			}
			again, _ := open(t, dir, h.remote())
			if ids(again.Library()) != "a" || again.Outage() == nil {
				t.Errorf("after a restart: %q, outage %v; want a, one", ids(again.Library()), again.Outage())
			}
			if left, err := filepath.Glob(filepath.Join(dir, "incoming-*")); err != nil || len(left) > 0 {
				t.Errorf("left are %q", left)
			}

			h.git(t, h.work, "reset", "-q", "--hard")
			if c.tree == nil {
				h.git(t, h.work, "reset", "-q", "--hard", "HEAD~1")
			}
			h.push(t, "new.md", post("New", "2026-01-03"))
			r.SetLimits(source.Limits{Chain: 1 << 20, Objects: 100, Unpacked: 1 << 20, Tree: 1 << 20})
			if !refresh(t, r) || ids(r.Library()) != "new a" || r.Outage() != nil {
				t.Errorf("afterwards: library %q, outage %v", ids(r.Library()), r.Outage())
			}
		})
	}
}

// literal makes a tree that git itself would not make, with files of these names.
func (h *host) literal(t *testing.T, names ...string) string {
	t.Helper()
	hash := exec.Command("git", "rev-parse", "HEAD:a.md")
	hash.Dir = h.work
	out, err := hash.Output()
	must(t, err)
	var raw bytes.Buffer
	for _, name := range names {
		fmt.Fprintf(&raw, "100644 %s\x00", name)
		for i := 0; i < 40; i += 2 {
			var b byte
			_, err := fmt.Sscanf(string(out[i:i+2]), "%02x", &b)
			must(t, err)
			raw.WriteByte(b)
		}
	}
	write := exec.Command("git", "hash-object", "-w", "--literally", "-t", "tree", "--stdin")
	write.Dir, write.Stdin = h.work, &raw
	out, err = write.Output()
	must(t, err)
	return strings.TrimSpace(string(out))
}

// The list of branches is limited, too.
func TestRepositoryWithManyBranches(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	h := newHost(t)
	h.push(t, "a.md", post("A", "2026-01-01"))
	source.SetBounds(t, source.Limits{Refs: 1000})
	r, _ := open(t, filepath.Join(t.TempDir(), "library.git"), h.remote())
	for i := range 20 {
		h.git(t, h.work, "push", "-q", "origin", fmt.Sprintf("HEAD:refs/heads/b%d", i))
	}
	if _, err := r.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), "more than 1000 bytes: delete") || ids(r.Library()) != "a" {
		t.Errorf("error %v, library %q", err, ids(r.Library()))
	}
}

// If the host can leave out files that are too large, it does so, and the library is
// made of the others. The history is fetched without any files.
func TestRepositoryWithLargeFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	h := newHost(t)
	large := noise(1, markdown.MaxFile+1)
	for i := range 9 {
		h.push(t, "big.md", large, "picture.png", noise(2, 2<<20), "issue-1.md", undated("1")+noise(uint64(i), 2000), "issue-2.md", undated("2"))
	}
	source.SetBounds(t, source.Limits{Pack: 20_000})
	dir := filepath.Join(t.TempDir(), "library.git")
	if _, err := source.OpenRepository(t.Context(), dir, h.remote(), slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "a fetch brings more than") {
		t.Errorf("of a host that sends everything: error %v", err)
	}
	h.git(t, filepath.Join(h.work, "..", "news.git"), "config", "uploadpack.allowFilter", "true")
	check := func(when string, r *source.Repository, log *buffer) {
		t.Helper()
		if got := len(r.Library().All()); got != 2 || !strings.Contains(codes(r), "big.md:too-large") || strings.Contains(log.String(), "history cannot") {
			t.Errorf("%s: %d digests, problems %q; want 2, one about big.md\n%s", when, got, codes(r), log)
		}
	}
	r, log := open(t, dir, h.remote())
	check("at first", r, log)
	h.push(t, "issue-1.md", undated("1 again"))
	if !refresh(t, r) || r.Library().ByID("issue-1").Title != "1 again" {
		t.Errorf("after an edit: %q", r.Library().ByID("issue-1").Title)
	}
	check("after an edit", r, log)
	h.down.Store(true)
	r, log = open(t, dir, h.remote())
	check("after a restart in an outage", r, log)
}

// The history ends at a commit that is larger than any that a person makes.
func TestRepositoryWithAHugeCommit(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	h := newHost(t)
	w := workTree{h.work}
	w.commit(t, "2026-10-01T08:00:00+0000", "issue-1.md", undated("1"), "issue-2.md", undated("2"))
	words := filepath.Join(t.TempDir(), "words")
	must(t, os.WriteFile(words, []byte(strings.Repeat("words ", 200_000)), 0o600))
	h.git(t, h.work, "commit", "-q", "--amend", "-F", words)
	w.commit(t, "2026-11-01T08:00:00+0000", "issue-3.md", undated("3"))
	w.git(t, "", "push", "-q", "-f", "origin", "HEAD:main")
	r, _ := open(t, filepath.Join(t.TempDir(), "library.git"), h.remote())
	if got, want := days(r.Library()), "issue-3 2026-11-01, issue-2 2026-11-01, issue-1 2026-11-01"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// hang sends nothing until the client disconnects.
func hang(_ http.ResponseWriter, r *http.Request) {
	<-r.Context().Done()
}

func TestRepositoryOfASilentHost(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	if got := source.Silence(); got != 30*time.Second {
		t.Errorf("a host may be silent for %v, want 30 s", got)
	}
	// A host that must respond has half a minute for it, however busy the machine is.
	brief := source.Limits{Silence: 300 * time.Millisecond}
	// It accepts the connection and does nothing else.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = listener.Close() }()
	remote := source.Remote{URL: "http://" + listener.Addr().String() + "/x.git", Every: time.Minute, Token: func() (string, error) { return "", nil }}
	t.Run("at the first start", func(t *testing.T) {
		source.SetBounds(t, brief)
		if _, err := source.OpenRepository(t.Context(), filepath.Join(t.TempDir(), "library.git"), remote, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "does not respond") {
			t.Errorf("error %v, want: it does not respond", err)
		}
	})

	h := newHost(t)
	h.push(t, "a.md", post("A", "2026-01-01"))
	dir := filepath.Join(t.TempDir(), "library.git")
	r, log := open(t, dir, h.remote())
	h.push(t, "b.md", post("B", "2026-01-02"), "c.png", noise(1, 200_000))
	silent := func(when string, r *source.Repository, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), "does not respond") || ids(r.Library()) != "a" {
			t.Errorf("%s: error %v, library %q; want: it does not respond, and a", when, err, ids(r.Library()))
		}
	}
	h.play(hang)
	r.SetLimits(brief)
	_, err = r.Refresh(t.Context())
	silent("when asked", r, err)
	t.Run("at a start", func(t *testing.T) {
		source.SetBounds(t, brief)
		again, _ := open(t, dir, h.remote())
		silent("at a start", again, again.Outage())
	})
	h.play(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/git-upload-pack") {
			h.backend.ServeHTTP(w, r)
			return
		}
		whole := httptest.NewRecorder()
		h.backend.ServeHTTP(whole, r)
		w.Header().Set("Content-Type", whole.Header().Get("Content-Type"))
		_, _ = w.Write(whole.Body.Bytes()[:whole.Body.Len()/2])
		w.(http.Flusher).Flush()
		hang(w, r)
	})
	_, err = r.Refresh(t.Context())
	silent("in the middle", r, err)
	if n := strings.Count(log.String(), "does not respond"); n != 1 {
		t.Errorf("logged %d times, want once\n%s", n, log)
	}
	h.play(nil)
	r.ResetLimits()
	if !refresh(t, r) || ids(r.Library()) != "b a" {
		t.Errorf("afterwards: got %q", ids(r.Library()))
	}
}

// Each new cause of a failure is reported once, and so is recovery.
func TestRepositoryOutageOfManyCauses(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	h := newHost(t)
	h.push(t, "a.md", post("A", "2026-01-01"))
	r, log := open(t, filepath.Join(t.TempDir(), "library.git"), h.remote())
	const silent = "it does not respond"
	// A host that must respond has half a minute for it, however busy the machine is.
	brief := source.Limits{Silence: 300 * time.Millisecond}
	for i, c := range []struct {
		trick func(http.ResponseWriter, *http.Request)
		want  string
	}{
		{func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, noise(rand.Uint64(), 50), http.StatusBadGateway)
		}, "it answers 502 Bad Gateway"},
		{func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, noise(rand.Uint64(), 50), http.StatusUnauthorized)
		}, "it asks for a token"},
		{hang, silent},
		{func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusNotFound) }, "it is not there"},
		{func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_ = conn.(*net.TCPConn).SetLinger(0) // a reset, whose message has the local port
				_ = conn.Close()
			}
		}, "connection reset by peer"},
		{func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, noise(rand.Uint64(), 50), http.StatusBadGateway)
		}, "it answers 502 Bad Gateway"},
	} {
		h.play(c.trick)
		if r.ResetLimits(); c.want == silent {
			r.SetLimits(brief)
		}
		for range 3 {
			if _, err := r.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) || r.Outage() == nil || r.Outage().Error() != err.Error() {
				t.Fatalf("error %v, outage %v; want %q in both", err, r.Outage(), c.want)
			}
		}
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if n := strings.Count(log.String(), "cannot be fetched"); n != i+1 || !strings.Contains(lines[len(lines)-1], c.want) {
			t.Fatalf("after %q: logged %d times, want %d\n%s", c.want, n, i+1, log)
		}
	}
	h.play(nil)
	r.ResetLimits()
	refresh(t, r)
	refresh(t, r)
	if n := strings.Count(log.String(), "can be fetched again"); n != 1 || r.Outage() != nil {
		t.Errorf("recovery was logged %d times, outage %v; want once, none", n, r.Outage())
	}
	h.play(hang)
	r.SetLimits(brief)
	if _, err := r.Refresh(t.Context()); err == nil || strings.Count(log.String(), silent) != 2 {
		t.Errorf("an outage after recovery was not logged: %v\n%s", err, log)
	}
}

// A damaged commit is not fetched again until there is another one; one that arrived
// incompletely is.
func TestRepositoryOfADamagedPack(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	h := newHost(t)
	h.push(t, "a.md", post("A", "2026-01-01"))
	r, _ := open(t, filepath.Join(t.TempDir(), "library.git"), h.remote())
	change := func(do func([]byte) []byte) {
		h.play(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/git-upload-pack") {
				h.backend.ServeHTTP(w, r)
				return
			}
			whole := httptest.NewRecorder()
			h.backend.ServeHTTP(whole, r)
			w.Header().Set("Content-Type", whole.Header().Get("Content-Type"))
			_, _ = w.Write(do(whole.Body.Bytes()))
		})
	}
	h.push(t, "b.md", post("B", "2026-01-02"), "c.png", noise(1, 2000))
	change(func(b []byte) []byte { b[len(b)/2] ^= 1; return b })
	packs := h.packs.Load()
	for range 3 {
		if _, err := r.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), "what the host sent is damaged") || ids(r.Library()) != "a" {
			t.Errorf("error %v, library %q", err, ids(r.Library()))
		}
	}
	if n := h.packs.Load() - packs; n != 1 {
		t.Errorf("what is damaged was fetched %d times, want once", n)
	}
	h.push(t, "d.md", post("D", "2026-01-03"))
	change(func(b []byte) []byte { return b[:len(b)/2] })
	if _, err := r.Refresh(t.Context()); err == nil || ids(r.Library()) != "a" {
		t.Errorf("of a half: error %v, library %q", err, ids(r.Library()))
	}
	h.play(nil)
	if !refresh(t, r) || ids(r.Library()) != "d b a" {
		t.Errorf("afterwards: got %q", ids(r.Library()))
	}
}

// A library does not keep the clone in memory from which it was read.
func TestRepositoryKeepsNoClone(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	h := newHost(t)
	var files []string
	for i := range 300 {
		day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i).Format(time.DateOnly)
		files = append(files, day+".md", post(day, day)+"\n"+noise(uint64(i), 5000)+"\n")
	}
	h.push(t, files...)
	heap := func(open func() any) float64 {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.GC() // the second run empties sync.Pools
		runtime.ReadMemStats(&before)
		kept := open()
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(kept)
		return float64(after.HeapAlloc) - float64(before.HeapAlloc)
	}
	state := t.TempDir()
	fromFolder := heap(func() any { return folder(t, h.work) })
	fromHost := heap(func() any { r, _ := open(t, filepath.Join(state, "library.git"), h.remote()); return r })
	if fromHost > 1.5*fromFolder {
		t.Errorf("a repository takes %.0f bytes, its folder %.0f", fromHost, fromFolder)
	}
}
