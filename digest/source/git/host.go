package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/http"
)

// Host is a conversation with the host of a repository.
//
// # Why not go-git's own fetch
//
// The top-level package of go-git unpacks what a host sends before it can be inspected,
// waits forever for a host that does not respond, and brings git over ssh into the
// program. The lower-level HTTP protocol package does none of that.
type Host struct {
	session transport.UploadPackSession
	limits  *Limits
	branch  string // empty for the default branch
	wire    *wire
	refs    *packp.AdvRefs
}

// Dial prepares a conversation with the host. If the host sends nothing for the
// duration of silence, the conversation fails.
func Dial(url, branch, token string, silence time.Duration, l *Limits) (*Host, error) {
	endpoint, err := transport.NewEndpoint(url)
	if err != nil {
		return nil, err
	}
	var auth transport.AuthMethod
	if token != "" {
		auth = &http.BasicAuth{Username: "x-access-token", Password: token}
	}
	w := &wire{silence: silence}
	session, err := http.NewClient(&nethttp.Client{Transport: w}).NewUploadPackSession(endpoint, auth)
	return &Host{session: session, limits: l, branch: branch, wire: w}, err
}

// Ask returns the current commit of the branch.
func (h *Host) Ask(ctx context.Context) (commit plumbing.Hash, err error) {
	h.wire.allow(h.limits.Refs, Unfit("the list of its branches and tags has more than %s: delete those no longer needed", InBytes(h.limits.Refs)))
	if h.refs, err = h.session.AdvertisedReferencesContext(ctx); err != nil {
		return commit, bare(err)
	}
	if h.branch == "" {
		if h.refs.Head == nil {
			return commit, errors.New(`it has no default branch: name one in library.branch`)
		}
		return *h.refs.Head, nil
	}
	commit, ok := h.refs.References[plumbing.NewBranchReferenceName(h.branch).String()]
	if !ok {
		return commit, fmt.Errorf("it has no branch %q", h.branch)
	}
	return commit, nil
}

// LeavesOut reports whether the host can leave out files that are not wanted. The
// caller must call Ask first.
func (h *Host) LeavesOut() bool { return h.refs.Capabilities.Supports(capability.Filter) }

// Fetch fetches a commit into a clone. If alone is set, it fetches only the commit,
// with its files. Otherwise it fetches all earlier commits as well, but no files if the
// host can leave them out. The caller must call Ask first.
func (h *Host) Fetch(ctx context.Context, c *Clone, commit plumbing.Hash, alone bool) (err error) {
	req := packp.NewUploadPackRequestFromCapabilities(h.refs.Capabilities)
	req.Wants = []plumbing.Hash{commit}
	if h.refs.Capabilities.Supports(capability.NoProgress) {
		err = req.Capabilities.Set(capability.NoProgress)
	}
	if alone {
		req.Depth = packp.DepthCommits(1)
		err = errors.Join(err, req.Capabilities.Set(capability.Shallow))
		if last, known := c.Reference(Fetched); known == nil && c.HasEncodedObject(last.Hash()) == nil {
			req.Haves = []plumbing.Hash{last.Hash()}
			req.Shallows = req.Haves
		}
	}
	switch {
	case alone && c.Partial:
		req.Filter = packp.FilterBlobLimit(uint64(h.limits.File)+1, packp.BlobLimitPrefixNone)
	case !alone && h.LeavesOut():
		req.Filter = packp.FilterBlobNone()
	}
	if req.Filter != "" {
		err = errors.Join(err, req.Capabilities.Set(capability.Filter))
	}
	if err != nil {
		return err
	}
	h.wire.allow(h.limits.Answer, Unfit("it says more than %s before it sends anything", InBytes(h.limits.Answer)))
	answer, err := h.session.UploadPack(ctx, req)
	if err != nil {
		return bare(err)
	}
	defer func() { err = errors.Join(err, answer.Close()) }()
	h.wire.allow(2*h.limits.Pack, h.limits.errPack()) // each part of a pack is preceded by a few bytes
	var pack io.Reader = answer
	switch {
	case req.Capabilities.Supports(capability.Sideband64k):
		pack = sideband.NewDemuxer(sideband.Sideband64k, answer)
	case req.Capabilities.Supports(capability.Sideband):
		pack = sideband.NewDemuxer(sideband.Sideband, answer)
	}
	if err := c.add(pack); err != nil {
		return err
	}
	if err := c.SetShallow(answer.Shallows); err != nil {
		return err
	}
	return c.SetReference(plumbing.NewHashReference(Fetched, commit))
}

// ErrSilent means that the host does not respond.
var ErrSilent = errors.New("it does not respond")

// wire is the HTTP transport to the host. It limits its answers in time and in size.
type wire struct {
	silence time.Duration
	left    int64
	over    error // returned when nothing is left
}

// allow sets how many bytes the host may send from now on, and the error if it sends
// more.
func (w *wire) allow(n int64, over error) { w.left, w.over = n, over }

func (w *wire) RoundTrip(req *nethttp.Request) (*nethttp.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	b := &answer{wire: w, stop: cancel, timer: time.AfterFunc(w.silence, func() { cancel(ErrSilent) })}
	b.cause = func() error { return context.Cause(ctx) }
	res, err := nethttp.DefaultTransport.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, errors.Join(b.failure(err), b.end())
	}
	b.timer.Reset(w.silence)
	b.body, res.Body = res.Body, b
	return res, nil
}

// answer is the body of a response.
type answer struct {
	*wire
	body  io.ReadCloser
	timer *time.Timer
	stop  context.CancelCauseFunc
	cause func() error
}

func (a *answer) Read(p []byte) (int, error) {
	n, err := a.body.Read(p)
	if a.left -= int64(n); a.left < 0 {
		return 0, a.over
	}
	if n > 0 {
		a.timer.Reset(a.silence)
	}
	if err != nil && err != io.EOF { //nolint:errorlint // an io.Reader returns a bare io.EOF
		err = a.failure(err)
	}
	return n, err
}

// failure returns err, or ErrSilent if the host did not respond.
func (a *answer) failure(err error) error {
	if errors.Is(a.cause(), ErrSilent) {
		return ErrSilent
	}
	return err
}

func (a *answer) end() error {
	a.timer.Stop()
	a.stop(nil)
	return nil
}

func (a *answer) Close() error { return errors.Join(a.end(), a.body.Close()) }

// bare removes a wrapper of go-git that errors.Is cannot look into.
func bare(err error) error {
	if e, ok := errors.AsType[*plumbing.UnexpectedError](err); ok {
		return e.Err
	}
	return err
}

// Words describes in one line what is wrong with a repository.
func Words(err error) (words string) {
	var op *net.OpError
	var dns *net.DNSError
	var answer *http.Err
	switch {
	case errors.Is(err, transport.ErrAuthenticationRequired):
		words = "it asks for a token"
	case errors.Is(err, transport.ErrAuthorizationFailed):
		words = "the token may not read it"
	case errors.Is(err, transport.ErrRepositoryNotFound):
		words = "it is not there, or the token may not read it"
	case errors.Is(err, ErrSilent):
		words = ErrSilent.Error()
	case errors.Is(err, context.DeadlineExceeded):
		words = "it did not answer in time"
	case errors.As(err, &answer):
		words = fmt.Sprintf("it answers %d %s", answer.StatusCode(), nethttp.StatusText(answer.StatusCode()))
	case errors.As(err, &dns):
		words = "its name cannot be looked up: " + dns.Err
	case errors.As(err, &op):
		words = op.Op + ": " + op.Err.Error() // without the local port, which differs each time
	default:
		// The text comes from the host, and may be a whole page.
		words = strings.Join(strings.Fields(err.Error()), " ")
		if len(words) > 300 {
			words = strings.ToValidUTF8(words[:300], "") + "…"
		}
	}
	return words
}
