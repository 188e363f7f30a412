package source_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/digestbot/digestbot/digest/markdown"
	"github.com/digestbot/digestbot/digest/source"
)

const token = "planted-git-token"

// host is a git host: one bare repository behind git's own HTTP server.
type host struct {
	url      string
	work     string // a work tree to push from
	down     atomic.Bool
	private  atomic.Bool // it asks for the token
	requests atomic.Int64
	packs    atomic.Int64                                             // that were requested
	trick    atomic.Pointer[func(http.ResponseWriter, *http.Request)] // replaces an answer
	backend  http.Handler
}

// play replaces the answers of the host; nil restores them.
func (h *host) play(trick func(http.ResponseWriter, *http.Request)) {
	if trick == nil {
		h.trick.Store(nil)
		return
	}
	h.trick.Store(&trick)
}

func newHost(t *testing.T) *host {
	t.Helper()
	binary, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is missing: apt-get install git")
	}
	root := t.TempDir()
	h := &host{work: filepath.Join(root, "work")}
	h.backend = &cgi.Handler{Path: binary, Args: []string{"http-backend"}, Env: []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1"}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.requests.Add(1)
		if strings.HasSuffix(r.URL.Path, "/git-upload-pack") {
			h.packs.Add(1)
		}
		if trick := h.trick.Load(); trick != nil {
			(*trick)(w, r)
			return
		}
		user, password, _ := r.BasicAuth()
		switch {
		case h.down.Load():
			http.Error(w, "down", http.StatusBadGateway)
		case h.private.Load() && (user != "x-access-token" || password != token):
			w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			http.Error(w, "who are you?", http.StatusUnauthorized)
		default:
			h.backend.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(func() {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		server.Close()
	})
	h.url = server.URL + "/news.git"
	h.git(t, root, "init", "-q", "--bare", "-b", "main", "news.git")
	h.git(t, root, "init", "-q", "-b", "main", "work")
	h.git(t, h.work, "remote", "add", "origin", filepath.Join(root, "news.git"))
	return h
}

func (h *host) git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(
		os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org",
	)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// push commits files, given as name, text, name, text…, and pushes them.
func (h *host) push(t *testing.T, files ...string) {
	t.Helper()
	write(t, h.work, files...)
	h.git(t, h.work, "add", "-A")
	h.git(t, h.work, "commit", "-q", "-m", "news")
	h.git(t, h.work, "push", "-q", "-f", "origin", "HEAD:main")
}

func (h *host) remote() source.Remote {
	return source.Remote{URL: h.url, Every: 20 * time.Millisecond, Token: func() (string, error) { return "", nil }}
}

func open(t *testing.T, dir string, remote source.Remote, options ...source.Option) (*source.Repository, *buffer) {
	t.Helper()
	log := &buffer{}
	r, err := source.OpenRepository(t.Context(), dir, remote, slog.New(slog.NewTextHandler(log, nil)), options...)
	if err != nil {
		t.Fatalf("open: %v\n%s", err, log)
	}
	return r, log
}

// refresh fetches once and reports whether there was anything new.
func refresh(t *testing.T, r *source.Repository) bool {
	t.Helper()
	took, err := r.Refresh(t.Context())
	must(t, err)
	return took
}

func TestRepository(t *testing.T) {
	h := newHost(t)
	must(t, os.MkdirAll(h.work, 0o755))
	must(t, os.Symlink("2026-01-01-a.md", filepath.Join(h.work, "alias.md")))
	h.push(t,
		"2026-01-01-a.md", post("A", "2026-01-01"),
		"tech/2026-01-02-b.md", post("B", "2026-01-02"),
		"draft.md", strings.Replace(post("D", "2026-01-04"), "---\n", "---\ndraft: true\n", 1),
		"pointer.md", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
		"big.md", strings.Repeat("x", markdown.MaxFile+1),
		"empty.md", "",
		"_drafts/y.md", post("Y", "2026-01-05"), ".github/z.md", post("Z", "2026-01-05"), "logo.png", "no",
	)
	h.git(t, h.work, "update-index", "--add", "--cacheinfo", "160000,1234567890123456789012345678901234567890,module.md")
	h.git(t, h.work, "commit", "-q", "-m", "a submodule")
	h.git(t, h.work, "push", "-q", "origin", "HEAD:main")

	r, _ := open(t, filepath.Join(t.TempDir(), "library.git"), h.remote())
	if got, want := ids(r.Library()), "tech/2026-01-02-b 2026-01-01-a"; got != want {
		t.Errorf("library: got %q, want %q", got, want)
	}
	if got, want := r.Library().Newest().File, "tech/2026-01-02-b.md"; got != want {
		t.Errorf("file: got %q, want %q", got, want)
	}
	got := codes(r)
	for _, want := range []string{"draft.md:draft", "pointer.md:lfs", "big.md:too-large", "empty.md:empty", "alias.md:link"} {
		if !strings.Contains(" "+got+" ", " "+want+" ") {
			t.Errorf("problems: got %q, want %q among them", got, want)
		}
	}
	if strings.Contains(got, "module") {
		t.Errorf("problems: got %q, want nothing about a submodule", got)
	}
	if refresh(t, r) {
		t.Error("a new library without news")
	}
}

func TestRepositoryReadsWhatChanged(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	h := newHost(t)
	h.push(t, "posts/a.md", post("A", "2026-01-01"), "posts/b.md", post("B", "2026-01-02"), "README.md", post("Not here", "2026-01-09"))
	remote := h.remote()
	remote.Path = "posts"
	dir := filepath.Join(t.TempDir(), "library.git")
	r, _ := open(t, dir, remote)
	if got, want := ids(r.Library()), "b a"; got != want {
		t.Fatalf("library: got %q, want %q", got, want)
	}
	a := r.Library().ByID("a")

	h.push(t, "posts/b.md", post("B again", "2026-01-02"), "posts/c.md", post("C", "2026-01-03"))
	if !refresh(t, r) || ids(r.Library()) != "c b a" || r.Library().ByID("b").Title != "B again" {
		t.Errorf("after a commit: got %q, %q", ids(r.Library()), r.Library().ByID("b").Title)
	}
	if r.Library().ByID("a") != a {
		t.Error("a file that did not change was read again")
	}

	h.push(t, "README.md", post("Elsewhere", "2026-01-09"))
	if refresh(t, r) {
		t.Error("a new library after a commit elsewhere")
	}

	// A force push removes two commits and adds another.
	h.git(t, h.work, "reset", "-q", "--hard", "HEAD~2")
	h.push(t, "posts/d.md", post("D", "2026-01-04"))
	if !refresh(t, r) || ids(r.Library()) != "d b a" || r.Library().ByID("b").Title != "B" {
		t.Errorf("after a force push: got %q, %q", ids(r.Library()), r.Library().ByID("b").Title)
	}
	// Another force push leaves an unrelated history.
	h.git(t, h.work, "checkout", "-q", "--orphan", "fresh")
	h.git(t, h.work, "rm", "-q", "posts/d.md", "-f")
	h.push(t, "posts/e.md", post("E", "2026-01-05"))
	if !refresh(t, r) || ids(r.Library()) != "e b a" {
		t.Errorf("after a new history: got %q", ids(r.Library()))
	}
	if r.Library().ByID("a") != a {
		t.Error("a file that did not change was read again after a force push")
	}

	// Good versions are kept, as in a folder.
	h.push(t, "posts/e.md", "")
	if !refresh(t, r) || ids(r.Library()) != "e b a" || !strings.Contains(codes(r), "e.md:empty") {
		t.Errorf("after a file became empty: got %q with problems %q", ids(r.Library()), codes(r))
	}
	// Whether fetched or cloned, the library is that of the same commit.
	again, _ := open(t, dir, remote)
	if got, want := ids(again.Library()), "b a"; got != want {
		t.Errorf("after a restart: got %q, want %q", got, want)
	}
}

func TestRepositoryOfMovedFiles(t *testing.T) {
	h := newHost(t)
	h.push(t, "2026-01-01-a.md", post("A", "2026-01-01"))
	r, _ := open(t, filepath.Join(t.TempDir(), "library.git"), h.remote())
	must(t, os.Mkdir(filepath.Join(h.work, "archive"), 0o755))
	h.git(t, h.work, "mv", "2026-01-01-a.md", "archive/a.md")
	h.push(t)
	if took := refresh(t, r); !took || ids(r.Library()) != "archive/a" {
		t.Errorf("after git mv the library is %q", ids(r.Library()))
	}
	h.push(t, "a copy.md", post("A", "2026-01-01"))
	if took := refresh(t, r); !took || ids(r.Library()) != "archive/a" || !strings.Contains(codes(r), "a copy.md:duplicate") {
		t.Errorf("after a copy the library is %q, with problems %s", ids(r.Library()), codes(r))
	}
}

func TestRepositoryOutage(t *testing.T) {
	h := newHost(t)
	h.push(t, "a.md", post("A", "2026-01-01"))
	dir := filepath.Join(t.TempDir(), "library.git")
	r, log := open(t, dir, h.remote())
	if r.Outage() != nil {
		t.Errorf("outage %v, want none", r.Outage())
	}
	h.down.Store(true)
	for range 3 {
		if took, err := r.Refresh(t.Context()); took || err == nil {
			t.Errorf("of a host that is down: took %t, error %v", took, err)
		}
	}
	if got := strings.Count(log.String(), "cannot be fetched"); got != 1 || r.Outage() == nil || ids(r.Library()) != "a" {
		t.Errorf("logged %d times, outage %v, library %q; want once, one, a", got, r.Outage(), ids(r.Library()))
	}
	// A restart does not lose the library.
	again, log2 := open(t, dir, h.remote())
	if ids(again.Library()) != "a" || again.Outage() == nil || !strings.Contains(log2.String(), "cannot be fetched") {
		t.Errorf("after a restart: library %q, outage %v, log %s", ids(again.Library()), again.Outage(), log2)
	}
	if _, err := source.OpenRepository(t.Context(), filepath.Join(t.TempDir(), "library.git"), h.remote(), slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a repository that was never reached was opened")
	}
	h.down.Store(false)
	h.push(t, "b.md", post("B", "2026-01-02"))
	if !refresh(t, r) || r.Outage() != nil || strings.Count(log.String(), "can be fetched again") != 1 || ids(r.Library()) != "b a" {
		t.Errorf("afterwards: library %q, outage %v, log %s", ids(r.Library()), r.Outage(), log)
	}
}

func TestRepositoryRun(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	h := newHost(t)
	h.push(t, "a.md", post("A", "2026-01-01"))
	r, log := open(t, filepath.Join(t.TempDir(), "library.git"), h.remote())
	eventually := running(t, r, log)
	h.push(t, "b.md", post("B", "2026-01-02"))
	eventually("a push", func() bool { return ids(r.Library()) == "b a" })
	h.down.Store(true)
	eventually("the outage", func() bool { return r.Outage() != nil })
	h.down.Store(false)
	h.push(t, "c.md", post("C", "2026-01-03"))
	eventually("what was pushed in an outage", func() bool { return ids(r.Library()) == "c b a" })
}

func TestRepositoryBecomesUnfit(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	h := newHost(t)
	h.push(t, "posts/a.md", post("A", "2026-01-01"))
	remote := h.remote()
	remote.Path = "posts"
	dir := filepath.Join(t.TempDir(), "library.git")
	r, _ := open(t, dir, remote)
	h.git(t, h.work, "mv", "posts", "elsewhere")
	h.push(t)
	before := h.requests.Load()
	if _, err := r.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), `has no folder "posts"`) || ids(r.Library()) != "a" {
		t.Errorf("error %v, library %q; want one about the folder, a", err, ids(r.Library()))
	}
	if n := h.requests.Load() - before; n > 3 {
		t.Errorf("%d requests for a commit that no clone makes better", n)
	}
	h.down.Store(true)
	again, _ := open(t, dir, remote)
	if got := ids(again.Library()); got != "a" {
		t.Errorf("after a restart: got %q, want the last good library", got)
	}
	h.down.Store(false)
	h.git(t, h.work, "mv", "elsewhere", "posts")
	h.push(t, "posts/b.md", post("B", "2026-01-02"))
	if !refresh(t, r) || ids(r.Library()) != "b a" {
		t.Errorf("after the folder is back: got %q", ids(r.Library()))
	}

	r.SetLimits(source.Limits{Pack: 100})
	h.push(t, "posts/c.md", post("C", "2026-01-03"))
	if _, err := r.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), "100 bytes") || ids(r.Library()) != "b a" {
		t.Errorf("over the size limit: error %v, library %q", err, ids(r.Library()))
	}
	r.ResetLimits()
	r.SetLimits(source.Limits{Packs: 1})
	if !refresh(t, r) || ids(r.Library()) != "c b a" {
		t.Errorf("a cluttered clone: got %q", ids(r.Library()))
	}
	if packs, err := filepath.Glob(filepath.Join(dir, "objects", "pack", "*.pack")); err != nil || len(packs) != 1 {
		t.Errorf("got packs %v, want one after the clone was made anew", packs)
	}
}

func TestRepositoryWithADamagedClone(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	h := newHost(t)
	h.push(t, "a.md", post("A", "2026-01-01"))
	for name, damage := range map[string]func(dir string) error{
		"packs": func(dir string) error {
			return filepath.WalkDir(filepath.Join(dir, "objects"), func(path string, e fs.DirEntry, err error) error {
				if err != nil || e.IsDir() {
					return err
				}
				return errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, []byte("nonsense"), 0o600))
			})
		},
		"no packs": func(dir string) error { return os.RemoveAll(filepath.Join(dir, "objects")) },
		"config":   func(dir string) error { return os.WriteFile(filepath.Join(dir, "config"), []byte("[["), 0o600) },
		"head":     func(dir string) error { return os.Remove(filepath.Join(dir, "HEAD")) },
		"a file":   func(dir string) error { return errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o600)) },
		"refs":     func(dir string) error { return os.RemoveAll(filepath.Join(dir, "refs")) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "library.git")
			open(t, dir, h.remote())
			must(t, damage(dir))
			r, _ := open(t, dir, h.remote())
			if got := ids(r.Library()); got != "a" || r.Outage() != nil {
				t.Errorf("library %q, outage %v; want a, none", got, r.Outage())
			}
			h.down.Store(true)
			defer h.down.Store(false)
			if again, _ := open(t, dir, h.remote()); ids(again.Library()) != "a" {
				t.Error("the clone was not made anew")
			}
		})
	}
}

func TestRepositoryOfAnotherBranch(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	h := newHost(t)
	h.push(t, "a.md", post("A", "2026-01-01"))
	h.git(t, h.work, "checkout", "-q", "-b", "next")
	write(t, h.work, "b.md", post("B", "2026-01-02"))
	h.git(t, h.work, "add", "-A")
	h.git(t, h.work, "commit", "-q", "-m", "next")
	h.git(t, h.work, "push", "-q", "origin", "next")
	dir := filepath.Join(t.TempDir(), "library.git")
	open(t, dir, h.remote())
	remote := h.remote()
	remote.Branch = "next"
	r, _ := open(t, dir, remote)
	if got := ids(r.Library()); got != "b a" {
		t.Errorf("of the branch: got %q, want b a", got)
	}
	h.down.Store(true)
	if _, err := source.OpenRepository(t.Context(), dir, h.remote(), slog.New(slog.DiscardHandler)); err == nil {
		t.Error("the clone of another branch was taken for this one")
	}
	h.down.Store(false)
	remote.Branch = "nowhere"
	if _, err := source.OpenRepository(t.Context(), dir, remote, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), `no branch "nowhere"`) {
		t.Errorf("error %v, want one that names the branch", err)
	}
	if again, _ := open(t, dir, h.remote()); ids(again.Library()) != "a" {
		t.Errorf("of the default branch: got %q, want a", ids(again.Library()))
	}
}

func TestRepositoryToken(t *testing.T) {
	h := newHost(t)
	h.push(t, "a.md", post("A", "2026-01-01"))
	h.private.Store(true)
	state := t.TempDir()
	remote := h.remote()
	if _, err := source.OpenRepository(t.Context(), filepath.Join(state, "library.git"), remote, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "token") {
		t.Errorf("without a token: error %v, want one that speaks of it", err)
	}
	secret := token
	remote.Token = func() (string, error) { return secret, nil }
	r, log := open(t, filepath.Join(state, "library.git"), remote)
	if got := ids(r.Library()); got != "a" {
		t.Errorf("with the token: got %q, want a", got)
	}
	secret = token + "-revoked"
	_, err := r.Refresh(t.Context())
	if err == nil || strings.Contains(err.Error()+log.String(), token) {
		t.Errorf("with a revoked token: error %v, log %s; want an error that does not show it", err, log)
	}
	must(t, filepath.WalkDir(state, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if strings.Contains(string(data), token) {
			t.Errorf("%s holds the token", path)
		}
		return err
	}))
}

// Several processes share a clone: a terminal command opens it while serve fetches.
func TestRepositoryOpenedByMany(t *testing.T) {
	h := newHost(t)
	h.push(t, "a.md", post("A", "2026-01-01"))
	dir := filepath.Join(t.TempDir(), "library.git")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			r, err := source.OpenRepository(context.WithoutCancel(t.Context()), dir, h.remote(), slog.New(slog.DiscardHandler))
			if err != nil || ids(r.Library()) != "a" {
				t.Errorf("error %v", err)
			}
		})
	}
	all.Wait()
}

func TestRepositoryOpenEndsWithItsContext(t *testing.T) {
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(hang)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	remote := source.Remote{URL: server.URL + "/x.git", Every: time.Minute, Token: func() (string, error) { return "", nil }}
	if _, err := source.OpenRepository(ctx, filepath.Join(t.TempDir(), "library.git"), remote, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a host that does not answer was opened")
	}
}
