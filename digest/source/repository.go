package source

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/http"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/memory"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown"
)

const (
	// fetchLimit is how long a fetch may take: a shallow clone of thousands of
	// digests takes seconds.
	fetchLimit = 5 * time.Minute
	// startLimit is how long a start waits for a repository when there is a
	// library from before.
	startLimit = 15 * time.Second
	// maxPack is how many bytes a fetch may bring.
	maxPack = 512 << 20
	// maxPacks is after how many fetches the clone is made anew, because each
	// leaves a pack and nothing else ever joins them.
	maxPacks = 50
	// maxNames is how many names a tree may have. A few nested trees, each with
	// the next many times, would have billions.
	maxNames = 1 << 20
)

// The references of the clone: what was fetched, and the last commit that a
// library could be made of.
const (
	fetched = plumbing.ReferenceName("refs/digestbot/fetched")
	good    = plumbing.ReferenceName("refs/digestbot/good")
)

// Remote says where a repository is and what of it is the library.
type Remote struct {
	// URL is its address, https or http, without credentials.
	URL string
	// Branch is empty for the one that the repository has by default.
	Branch string
	// Path is the folder of the digests inside the repository, with slashes;
	// empty for all of it.
	Path string
	// Every is how often the repository is asked for news.
	Every time.Duration
	// Token gives the token to read with, empty for none. It is asked before
	// each fetch and kept nowhere.
	Token func() (string, error)
}

// Repository is a library in a git repository. It keeps a shallow, bare clone.
type Repository struct {
	shelf
	remote Remote
	dir    string        // of the clone
	room   int64         // maxPack
	packs  int           // maxPacks
	commit plumbing.Hash // that the library is of; only Open and Run use it
	// guessed is set when days of the library are not known for good; only Open
	// and Run use it.
	guessed bool
	outage  atomic.Pointer[error]
}

// OpenRepository fetches the repository into a clone at dir, which may be there
// from before. When the repository cannot be reached, what the clone has is the
// library; it is an error only when that is nothing.
func OpenRepository(ctx context.Context, dir string, remote Remote, log *slog.Logger, options ...Option) (*Repository, error) {
	r := &Repository{remote: remote, dir: dir, room: maxPack, packs: maxPacks}
	r.with(log, options)
	unlock, err := lock(ctx, dir+".lock")
	if err != nil {
		return nil, fmt.Errorf("clone: %w", err)
	}
	defer unlock()
	limit := startLimit
	if err := r.contain(func() error { return r.recall(ctx) }); err != nil || r.guessed {
		limit = fetchLimit
	}
	_, err = r.renew(ctx, limit)
	if err != nil && (r.now.Load() == nil || ctx.Err() != nil) {
		return nil, err
	}
	r.note(err)
	return r, nil
}

// Outage is why the last fetch has failed, nil when it has not. The library is
// then the last good one.
func (r *Repository) Outage() error {
	if err := r.outage.Load(); err != nil {
		return *err
	}
	return nil
}

// Run fetches every so often until the context ends and calls changed after
// each new library, which the clock makes, too: when a digest is to be published
// and when it expires.
func (r *Repository) Run(ctx context.Context, changed func()) error {
	timer := time.NewTimer(r.remote.Every)
	defer timer.Stop()
	turns := time.NewTimer(r.untilTurn())
	defer turns.Stop()
	if r.Outage() != nil {
		timer.Reset(0) // Open had less time for it
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-turns.C:
			if r.turn() {
				changed()
			}
			turns.Reset(r.untilTurn())
			continue
		case <-timer.C:
		}
		took, err := r.refresh(ctx)
		if ctx.Err() != nil {
			return nil
		}
		r.note(err)
		if took {
			changed()
			turns.Reset(r.untilTurn())
		}
		timer.Reset(r.remote.Every)
	}
}

// note remembers how a fetch went, and says so when that changes.
func (r *Repository) note(err error) {
	switch was := r.Outage(); {
	case err != nil && was == nil:
		r.log.Warn("library: the repository cannot be fetched, the last library stays", "repository", r.remote.URL, "commit", r.commit, "error", err)
	case err == nil && was != nil:
		r.log.Warn("library: the repository can be fetched again", "repository", r.remote.URL, "commit", r.commit)
	}
	if err != nil {
		r.outage.Store(&err)
	} else {
		r.outage.Store(nil)
	}
}

func (r *Repository) refresh(ctx context.Context) (took bool, err error) {
	unlock, err := lock(ctx, r.dir+".lock")
	if err != nil {
		return false, fmt.Errorf("clone: %w", err)
	}
	defer unlock()
	return r.renew(ctx, fetchLimit)
}

// contain does something that may make another library. If that panics the
// library stays, and the error says so.
func (r *Repository) contain(do func() error) (err error) {
	if !contain(r.log, func() { err = do() }, "repository", r.remote.URL) {
		return errBug
	}
	return err
}

// recall makes a library of what the clone has.
func (r *Repository) recall(ctx context.Context) error {
	clone, err := r.open(r.dir)
	if err != nil {
		return err
	}
	ref, err := clone.Reference(good)
	if err != nil {
		return err
	}
	_, err = r.take(ctx, clone, ref.Hash(), nil)
	return err
}

// renew brings the library to the commit that the remote has now, and reports
// whether it is another.
func (r *Repository) renew(ctx context.Context, limit time.Duration) (took bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err = r.contain(func() (err error) {
		took, err = r.follow(ctx)
		return err
	})
	if err != nil {
		err = r.explain(err)
	}
	return took, err
}

// follow is renew without a limit.
func (r *Repository) follow(ctx context.Context) (took bool, err error) {
	auth, err := r.auth()
	if err != nil {
		return false, err
	}
	// The remote is asked first, so that a failure after that is the clone's.
	commit, err := r.ask(ctx, auth)
	if err != nil || r.now.Load() != nil && commit == r.commit && !r.guessed {
		return false, err
	}
	if clone, err := r.open(r.dir); err == nil && !r.cluttered(clone) {
		if took, err = r.fetch(ctx, clone, auth); err == nil || ctx.Err() != nil || errors.Is(err, errUnfit) {
			return took, err
		}
		r.log.Warn("library: the clone is made anew", "folder", r.dir, "error", err)
	}
	return r.clone(ctx, auth)
}

// explain says what is wrong with the repository, in a line.
func (r *Repository) explain(err error) error {
	// What a host says is its own text, and may be a page.
	words := strings.Join(strings.Fields(err.Error()), " ")
	switch {
	case errors.Is(err, transport.ErrAuthenticationRequired):
		words = "it asks for a token"
	case errors.Is(err, transport.ErrAuthorizationFailed):
		words = "the token may not read it"
	case errors.Is(err, transport.ErrRepositoryNotFound):
		words = "it is not there, or the token may not read it"
	case errors.Is(err, context.DeadlineExceeded):
		words = "it did not answer in time"
	case len(words) > 300:
		words = strings.ToValidUTF8(words[:300], "") + "…"
	}
	return fmt.Errorf("repository %s: %s", r.remote.URL, words)
}

func (r *Repository) auth() (transport.AuthMethod, error) {
	token, err := r.remote.Token()
	if err != nil || token == "" {
		return nil, err
	}
	return &http.BasicAuth{Username: "x-access-token", Password: token}, nil
}

// branch is the remote's name of what is fetched.
func (r *Repository) branch() plumbing.ReferenceName {
	if r.remote.Branch == "" {
		return plumbing.HEAD
	}
	return plumbing.NewBranchReferenceName(r.remote.Branch)
}

// origin describes the remote as the clone keeps it.
func (r *Repository) origin() *config.RemoteConfig {
	// The plus takes what was force-pushed, too.
	spec := config.RefSpec("+" + r.branch().String() + ":" + fetched.String())
	return &config.RemoteConfig{Name: "origin", URLs: []string{r.remote.URL}, Fetch: []config.RefSpec{spec}}
}

// ask asks the remote for the commit of the branch.
func (r *Repository) ask(ctx context.Context, auth transport.AuthMethod) (plumbing.Hash, error) {
	refs, err := git.NewRemote(memory.NewStorage(), r.origin()).ListContext(ctx, &git.ListOptions{Auth: auth})
	if err != nil {
		return plumbing.ZeroHash, err
	}
	name := r.branch()
	for range 2 { // HEAD leads to a branch
		i := slices.IndexFunc(refs, func(ref *plumbing.Reference) bool { return ref.Name() == name })
		if i < 0 {
			break
		}
		if refs[i].Type() == plumbing.HashReference {
			return refs[i].Hash(), nil
		}
		name = refs[i].Target()
	}
	return plumbing.ZeroHash, fmt.Errorf("it has no branch %q", cmp.Or(r.remote.Branch, name.Short()))
}

// clone is the git storage of a clone, which takes no more bytes than left.
type clone struct {
	*filesystem.Storage
	left int64
}

var errTooLarge = fmt.Errorf("%w: it has more than %d MiB", errUnfit, maxPack>>20)

// PackfileWriter is where a fetch puts what it brings.
func (c *clone) PackfileWriter() (io.WriteCloser, error) {
	w, err := c.Storage.PackfileWriter()
	if err != nil {
		return nil, err
	}
	return &capped{w, c}, nil
}

type capped struct {
	io.WriteCloser
	*clone
}

func (w *capped) Write(p []byte) (int, error) {
	if w.left -= int64(len(p)); w.left < 0 {
		return 0, errTooLarge
	}
	return w.WriteCloser.Write(p)
}

// cluttered reports whether the clone has gathered many packs.
func (r *Repository) cluttered(c *clone) bool {
	packs, err := c.ObjectPacks()
	return err == nil && len(packs) >= r.packs
}

// open opens the clone at dir if it is one of this remote.
func (r *Repository) open(dir string) (*clone, error) {
	repository, err := git.PlainOpen(dir)
	if err != nil {
		return nil, err
	}
	c := &clone{repository.Storer.(*filesystem.Storage), r.room}
	kept, err := c.Config()
	if err != nil {
		return nil, err
	}
	origin := kept.Remotes["origin"]
	if origin == nil || !slices.Equal(origin.URLs, r.origin().URLs) || !slices.Equal(origin.Fetch, r.origin().Fetch) {
		return nil, errors.New("the clone is of another repository")
	}
	return c, nil
}

// clone makes the clone anew. The one from before stays until then.
func (r *Repository) clone(ctx context.Context, auth transport.AuthMethod) (took bool, err error) {
	fresh := r.dir + ".new"
	defer func() { err = errors.Join(err, os.RemoveAll(fresh)) }()
	c, err := r.empty(fresh)
	if err != nil {
		return false, fmt.Errorf("clone: %w", err)
	}
	if took, err = r.fetch(ctx, c, auth); err != nil {
		return took, err
	}
	if err := errors.Join(os.RemoveAll(r.dir), os.Rename(fresh, r.dir)); err != nil {
		return took, fmt.Errorf("clone: %w", err)
	}
	return took, nil
}

// empty makes a clone at dir that has nothing yet.
func (r *Repository) empty(dir string) (*clone, error) {
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	repository, err := git.PlainInit(dir, true)
	if err != nil {
		return nil, err
	}
	if _, err := repository.CreateRemote(r.origin()); err != nil {
		return nil, err
	}
	return r.open(dir)
}

// fetch fetches the newest commit alone, and makes a library of it.
func (r *Repository) fetch(ctx context.Context, c *clone, auth transport.AuthMethod) (took bool, err error) {
	hash, err := r.bring(ctx, c, auth, 1)
	if err != nil {
		return false, err
	}
	history := func() (storer.EncodedObjectStorer, error) { return r.history(ctx, auth) }
	defer func() { _ = os.RemoveAll(r.historyDir()) }()
	if took, err = r.take(ctx, c, hash, history); err != nil {
		return false, err
	}
	return took, c.SetReference(plumbing.NewHashReference(good, hash))
}

// bring fetches the branch into a clone, with so many commits; 0 is all of them.
func (r *Repository) bring(ctx context.Context, c *clone, auth transport.AuthMethod, depth int) (plumbing.Hash, error) {
	err := git.NewRemote(c, r.origin()).FetchContext(ctx, &git.FetchOptions{Auth: auth, Depth: depth, Tags: git.NoTags, Force: true})
	if err != nil && !errors.Is(err, git.NoErrAlreadyUpToDate) {
		return plumbing.ZeroHash, err
	}
	ref, err := c.Reference(fetched)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	return ref.Hash(), nil
}

// take makes the library of a commit. Only blobs that are new are read. history
// gives the whole history, and is nil when it cannot be had.
func (r *Repository) take(ctx context.Context, c *clone, hash plumbing.Hash, history func() (storer.EncodedObjectStorer, error)) (took bool, err error) {
	commit, err := object.GetCommit(c, hash)
	if err != nil {
		return false, err
	}
	root, err := commit.Tree()
	if err != nil {
		return false, err
	}
	if r.remote.Path != "" {
		if root, err = root.Tree(r.remote.Path); err != nil {
			return false, fmt.Errorf("%w: its commit %.7s has no folder %q", errUnfit, hash, r.remote.Path)
		}
	}
	l := lister{storage: c, prefix: r.remote.Path, left: maxNames}
	if err := l.list("", root); err != nil {
		return false, err
	}
	slices.SortFunc(l.files, byName)

	var before []*entry
	old := r.now.Load()
	if old != nil {
		before = old.entries
	}
	find := entriesInOrder(before)
	entries := make([]*entry, 0, len(l.files))
	var due []*file
	var known []*entry // of those that are due
	for _, f := range l.files {
		if e := find(f.name); e != nil && e.file.same(f) {
			entries = append(entries, e)
		} else {
			due, known = append(due, f), append(known, e)
		}
	}
	var mu sync.Mutex // the storage is read by one at a time
	var failed error
	entries = append(entries, r.readAll(due, known, func(f *file, buffer []byte) ([]byte, error) {
		if f.problem.Code != "" {
			return buffer, nil
		}
		mu.Lock()
		defer mu.Unlock()
		data, err := blob(c, f.stamp.blob, buffer)
		failed = cmp.Or(failed, err)
		return data, err
	})...)
	if failed != nil {
		return false, failed
	}
	slices.SortFunc(entries, entryByName)
	if slices.Equal(entries, before) && old != nil && !r.guessed {
		r.commit = hash
		return false, nil
	}
	r.guessed = false
	r.askDays = func(files []*file) (map[string]time.Time, bool) {
		days, sure := r.daysOf(ctx, files, l.files, commit, history)
		r.guessed = !sure
		return days, sure
	}
	r.put(entries, nil)
	r.commit = hash // now, because it would not be fetched again
	r.log.Info("library: fetched", "repository", r.remote.URL, "commit", hash, "digests", r.Library().Len())
	return true, nil
}

// historyDir is where the whole history is while it is looked at.
func (r *Repository) historyDir() string { return r.dir + ".history" }

// history fetches all commits, into a clone that is not kept: it is only needed
// when a file of a series is new, and holds every version of every file.
func (r *Repository) history(ctx context.Context, auth transport.AuthMethod) (storer.EncodedObjectStorer, error) {
	c, err := r.empty(r.historyDir())
	if err != nil {
		return nil, err
	}
	_, err = r.bring(ctx, c, auth, 0)
	return c, err
}

// daysOf are the days of files of a commit. They are kept beside the clone, so
// that neither a restart nor a new history moves them; all are the files that
// the commit has. The day that is not in the history is that of the commit.
// sure is false when the history could not be had this time.
func (r *Repository) daysOf(ctx context.Context, files, all []*file, commit *object.Commit, history func() (storer.EncodedObjectStorer, error)) (days map[string]time.Time, sure bool) {
	kept := r.keptDays()
	days = map[string]time.Time{}
	names := map[string]string{}
	newest, ok := commitDay(commit)
	if !ok {
		newest = midnight(time.Now())
	}
	for _, f := range files {
		if day, ok := kept[f.name]; ok {
			days[f.name] = day
		} else {
			days[f.name] = newest
			names[f.print] = f.name
		}
	}
	if len(names) == 0 {
		return days, true
	}
	if history == nil {
		return days, false
	}
	s, err := history()
	if err != nil {
		r.log.Warn("library: the history cannot be fetched; what names no day is of the day of the newest commit", "repository", r.remote.URL, "error", r.explain(err))
		if !errors.Is(err, errUnfit) {
			return days, false
		}
	} else {
		for p, day := range commitDays(ctx, s, commit.Hash, slices.Collect(maps.Keys(names))) {
			days[names[p]] = day
		}
	}
	here := filesInOrder(all)
	next := map[string]time.Time{}
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		if here(name) != nil {
			next[name] = kept[name]
		}
	}
	maps.Copy(next, days)
	if err := r.keepDays(next); err != nil {
		r.log.Warn("library: the days of files that name none cannot be kept", "error", err)
	}
	return days, true
}

// daysFile is what is kept of days: of which library, and by the name of a file.
type daysFile struct {
	Repository, Branch, Path string
	Days                     map[string]time.Time
}

func (r *Repository) daysPath() string { return r.dir + ".days" }

// keptDays are the days that were kept; none of another library.
func (r *Repository) keptDays() map[string]time.Time {
	var f daysFile
	data, err := os.ReadFile(r.daysPath())
	if err != nil || json.Unmarshal(data, &f) != nil || f.Repository != r.remote.URL || f.Branch != r.remote.Branch || f.Path != r.remote.Path {
		return nil
	}
	return f.Days
}

func (r *Repository) keepDays(days map[string]time.Time) error {
	data, err := json.Marshal(daysFile{r.remote.URL, r.remote.Branch, r.remote.Path, days})
	if err != nil {
		return err
	}
	fresh := r.daysPath() + ".new"
	return errors.Join(os.WriteFile(fresh, data, 0o600), os.Rename(fresh, r.daysPath()))
}

// blob reads a file of a commit into the buffer.
func blob(c *clone, hash plumbing.Hash, buffer []byte) (data []byte, err error) {
	b, err := object.GetBlob(c, hash)
	if err != nil {
		return buffer, err
	}
	reader, err := b.Reader()
	if err != nil {
		return buffer, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	data = slices.Grow(buffer[:0], int(b.Size))[:b.Size]
	_, err = io.ReadFull(reader, data)
	return data, err
}

// lister lists the Markdown files of a tree. Submodules are left alone: they
// are another repository's.
type lister struct {
	storage *clone
	prefix  string // of what is printed
	left    int    // names to come at most
	files   []*file
}

func (l *lister) list(name string, t *object.Tree) error {
	if l.left -= len(t.Entries) + 1; l.left < 0 {
		return fmt.Errorf("%w: it has more than %d names", errUnfit, maxNames)
	}
	for _, e := range t.Entries {
		below := path.Join(name, e.Name)
		f := &file{name: below, print: path.Join(l.prefix, below), stamp: stamp{blob: e.Hash}}
		switch {
		case leftOut(e.Name):
		case e.Mode == filemode.Dir:
			tree, err := object.GetTree(l.storage, e.Hash)
			if err != nil {
				return err
			}
			if err := l.list(below, tree); err != nil {
				return err
			}
		case !isMarkdown(e.Name):
		case e.Mode == filemode.Symlink:
			f.problem = digest.Problem{Severity: digest.Error, Code: codeLink, Message: "is left out: links in a repository are not followed"}
			l.files = append(l.files, f)
		case e.Mode.IsFile():
			size, err := l.storage.EncodedObjectSize(e.Hash)
			if err != nil {
				return err
			}
			if f.stamp.size = size; size > markdown.MaxFile {
				f.problem = tooLarge(size)
			}
			l.files = append(l.files, f)
		}
	}
	return nil
}
