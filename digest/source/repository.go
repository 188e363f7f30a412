package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
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
	dir    string // of the clone
	log    *slog.Logger
	room   int64         // maxPack
	packs  int           // maxPacks
	commit plumbing.Hash // that the library is of; only Open and Run use it
	outage atomic.Pointer[error]
}

// OpenRepository fetches the repository into a clone at dir, which may be there
// from before. When the repository cannot be reached, what the clone has is the
// library; it is an error only when that is nothing.
func OpenRepository(ctx context.Context, dir string, remote Remote, log *slog.Logger, options ...Option) (*Repository, error) {
	r := &Repository{remote: remote, dir: dir, room: maxPack, packs: maxPacks, log: log}
	r.with(options)
	unlock, err := lock(ctx, dir+".lock")
	if err != nil {
		return nil, fmt.Errorf("clone: %w", err)
	}
	defer unlock()
	limit := startLimit
	if err := r.recall(); err != nil {
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

// recall makes a library of what the clone has.
func (r *Repository) recall() error {
	clone, err := r.open(r.dir)
	if err != nil {
		return err
	}
	ref, err := clone.Reference(good)
	if err != nil {
		return err
	}
	_, err = r.take(clone, ref.Hash())
	return err
}

// renew brings the library to the commit that the remote has now, and reports
// whether it is another.
func (r *Repository) renew(ctx context.Context, limit time.Duration) (took bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	defer func() {
		if err != nil {
			err = r.explain(err)
		}
	}()
	auth, err := r.auth()
	if err != nil {
		return false, err
	}
	// The remote is asked first, so that a failure after that is the clone's.
	commit, err := r.ask(ctx, auth)
	if err != nil || r.now.Load() != nil && commit == r.commit {
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

// errUnfit is why a repository is no library, however often it is fetched.
var errUnfit = errors.New("no library can be made of it")

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
	if err := os.RemoveAll(fresh); err != nil {
		return false, fmt.Errorf("clone: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(fresh)) }()
	repository, err := git.PlainInit(fresh, true)
	if err != nil {
		return false, fmt.Errorf("clone: %w", err)
	}
	if _, err := repository.CreateRemote(r.origin()); err != nil {
		return false, fmt.Errorf("clone: %w", err)
	}
	c, err := r.open(fresh)
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

// fetch fetches the newest commit alone, and makes a library of it.
func (r *Repository) fetch(ctx context.Context, c *clone, auth transport.AuthMethod) (took bool, err error) {
	err = git.NewRemote(c, r.origin()).FetchContext(ctx, &git.FetchOptions{Auth: auth, Depth: 1, Tags: git.NoTags, Force: true})
	if err != nil && !errors.Is(err, git.NoErrAlreadyUpToDate) {
		return false, err
	}
	ref, err := c.Reference(fetched)
	if err != nil {
		return false, err
	}
	if took, err = r.take(c, ref.Hash()); err != nil {
		return false, err
	}
	return took, c.SetReference(plumbing.NewHashReference(good, ref.Hash()))
}

// take makes the library of a commit. Only blobs that are new are read.
func (r *Repository) take(c *clone, hash plumbing.Hash) (took bool, err error) {
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
	r.commit = hash
	slices.SortFunc(entries, entryByName)
	if slices.Equal(entries, before) && old != nil {
		return false, nil
	}
	r.put(entries, nil)
	r.log.Info("library: fetched", "repository", r.remote.URL, "commit", hash, "digests", r.Library().Len())
	return true, nil
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
