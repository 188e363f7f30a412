package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/bot/chat"
)

// rest makes requests through discordgo, each exactly once.
type rest struct {
	session *discordgo.Session
	wire    *transport
}

func newREST(base *url.URL, token chat.Secret) (*rest, error) {
	session, err := discordgo.New("Bot " + token.Reveal())
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	session.MaxRestRetries, session.ShouldRetryOnRateLimit = 0, false
	session.UserAgent = "DiscordBot (https://github.com/digestbot/digestbot, 1)"
	wire := http.DefaultTransport.(*http.Transport).Clone()
	wire.MaxIdleConnsPerHost = 64
	wire.WriteBufferSize = 16 << 10 // a message leaves in one piece
	r := &rest{session: session, wire: &transport{base: base.JoinPath("/"), next: wire, pace: newPace()}}
	session.Client = &http.Client{Transport: r.wire}
	return r, nil
}

func (r *rest) close() { r.session.Client.CloseIdleConnections() }

// buckets are what discordgo locks during a request, and would keep for ever:
// each request has one for itself. A bucket needs a limiter to look at.
var buckets = sync.Pool{New: func() any { return discordgo.NewRatelimiter().GetBucket("") }}

// requestTimeout ends requests that nobody else ends: a network that swallows
// packets must not stop the bot.
const requestTimeout = 30 * time.Second

// answerLimit is more than any answer that the bot reads has.
const answerLimit = 8 << 20

// call makes one request to one of discordgo's addresses and decodes the
// answer into out unless that is nil. The error is an *apiError when Discord
// refused, and has no secret: addresses of interactions hold tokens.
func (r *rest) call(ctx context.Context, method, endpoint string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = encodeJSON(in); err != nil {
			return fmt.Errorf("request: %w", err)
		}
	}
	return r.send(ctx, method, endpoint, body, out)
}

// send is call with a body that is encoded already.
func (r *rest) send(ctx context.Context, method, endpoint string, body []byte, out any) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, requestTimeout)
		defer cancel()
	}
	bucket := buckets.Get().(*discordgo.Bucket)
	bucket.Lock()
	answer, err := r.session.RequestWithLockedBucket(method, endpoint, "application/json", body, bucket, 0,
		discordgo.WithContext(ctx))
	buckets.Put(bucket) // one that a panic has left locked is not used again
	if err != nil {
		if refusal, ok := errors.AsType[*apiError](err); ok {
			return refusal
		}
		if early, ok := errors.AsType[*unsent](err); ok {
			return early
		}
		if outer, ok := errors.AsType[*url.Error](err); ok {
			return outer.Err
		}
		return err
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("answer of %d bytes: %w", len(answer), err)
	}
	return nil
}

// apiError is an answer that is no success.
type apiError struct {
	Status  int
	Code    int
	Message string
	// Detail is the first problem of an invalid form, with its path.
	Detail string
	// RetryAfter is the longer of what header and body ask for.
	RetryAfter time.Duration
	// Global says that the limit is for all requests of the bot, and Shared that
	// others have used it up.
	Global, Shared bool
}

func (e *apiError) Error() string {
	s := "HTTP " + strconv.Itoa(e.Status)
	if e.Code != 0 {
		s += ", code " + strconv.Itoa(e.Code)
	}
	for _, more := range []string{e.Message, e.Detail} {
		if more != "" {
			s += ": " + more
		}
	}
	return s
}

// apiPath is what the path of each of discordgo's addresses begins with.
var apiPath = strings.TrimPrefix(discordgo.EndpointAPI, strings.TrimSuffix(discordgo.EndpointDiscord, "/"))

// transport sends what discordgo makes to the configured base, at the pace
// that Discord takes it, and gives it nothing to be clever about: refusals
// become errors, and rate limit headers go, since discordgo takes one that it
// cannot read for a failed request.
type transport struct {
	base *url.URL // its path ends with a slash
	next http.RoundTripper
	pace *pace
}

// CloseIdleConnections lets go of connections that nobody uses.
func (t *transport) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// RoundTrip makes the request. The error is an *unsent when it has not left,
// and an *apiError when Discord refused it.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	path, ok := strings.CutPrefix(req.URL.Path, apiPath)
	if !ok {
		return nil, &unsent{err: fmt.Errorf("request: %s is not in Discord's API", req.URL.Host)}
	}
	target := *req.URL
	target.Scheme, target.Host = t.base.Scheme, t.base.Host
	target.Path, target.RawPath = t.base.Path+path, ""
	// The global limit is not for interactions.
	// https://docs.discord.com/developers/topics/rate-limits#global-rate-limit
	free := strings.HasPrefix(path, "interactions/") || strings.HasPrefix(path, "webhooks/")
	var k kind
	if !free {
		k = kindOf(req.Method, path)
		if err := t.pace.enter(req.Context(), k, req.Method == http.MethodGet); err != nil {
			return nil, err
		}
	}
	resp, refusal, err := t.paced(req, &target, k, free)
	if refusal != nil {
		t.pace.count(refusal)
	}
	if err != nil {
		return nil, err
	}
	for name := range resp.Header {
		if strings.HasPrefix(name, "X-Ratelimit-") {
			delete(resp.Header, name)
		}
	}
	return resp, nil
}

// paced sends a request that has entered, unless it is free, and leaves, also when
// that panics.
func (t *transport) paced(req *http.Request, target *url.URL, k kind, free bool) (resp *http.Response, refusal *apiError, err error) {
	var trip time.Duration
	if !free {
		defer func() {
			var h http.Header
			if resp != nil {
				h = resp.Header
			}
			t.pace.leave(k, trip, h, refusal)
		}()
	}
	resp, trip, err = t.send(req, target)
	refusal, _ = errors.AsType[*apiError](err)
	return resp, refusal, err
}

// send sends a request to its target and reads the answer of a refusal. trip
// is the time from a connection to the answer, 0 without one.
func (t *transport) send(req *http.Request, target *url.URL) (resp *http.Response, trip time.Duration, err error) {
	var began atomic.Int64 // since the start
	start := time.Now()
	ctx := httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { began.Store(int64(time.Since(start)) + 1) },
	})
	req = req.WithContext(ctx)
	req.URL, req.Host = target, ""
	resp, err = t.next.RoundTrip(req)
	switch {
	case err != nil && began.Load() == 0:
		return nil, 0, &unsent{err: fmt.Errorf("no connection: %w", err)}
	case err != nil:
		return nil, 0, err
	}
	trip = time.Since(start) - time.Duration(began.Load()-1)
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, answerLimit), resp.Body}
		return resp, trip, nil
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // half a refusal is a refusal
	return resp, trip, readRefusal(resp, body)
}

// readRefusal reads an answer that is no success; a body that is not Discord's
// is none.
func readRefusal(resp *http.Response, body []byte) *apiError {
	var in struct {
		Message    string          `json:"message"`
		Code       int             `json:"code"`
		Errors     json.RawMessage `json:"errors"`
		RetryAfter float64         `json:"retry_after"`
		Global     bool            `json:"global"`
	}
	e := &apiError{Status: resp.StatusCode}
	if json.Unmarshal(body, &in) == nil {
		e.Code, e.Message, e.Global = in.Code, in.Message, in.Global
		e.Detail = firstProblem(in.Errors)
	} else if bytes.Contains(bytes.ToLower(body), []byte("<html")) || bytes.Contains(bytes.ToLower(body), []byte("<!doctype")) {
		e.Message = "a web page instead of an answer"
		// Cloudflare has turned the machine away, whatever it asks for.
		e.Global = e.Status == http.StatusTooManyRequests
	}
	if resp.StatusCode == http.StatusTooManyRequests {
		header, _ := strconv.ParseFloat(resp.Header.Get("Retry-After"), 64) // absent is 0
		if at, err := http.ParseTime(resp.Header.Get("Retry-After")); err == nil {
			header = time.Until(at).Seconds()
		}
		e.RetryAfter = seconds(max(header, in.RetryAfter))
		e.Global = e.Global || resp.Header.Get("X-RateLimit-Global") != ""
		e.Shared = resp.Header.Get("X-RateLimit-Scope") == "shared"
	}
	return e
}

// seconds is a duration that a platform asked for, within what is sane.
func seconds(s float64) time.Duration {
	if math.IsNaN(s) || s <= 0 {
		return 0
	}
	return time.Duration(math.Ceil(min(s, 24*3600)*1000)) * time.Millisecond
}

// firstProblem finds the first entry of the tree of errors in a refused form.
func firstProblem(raw json.RawMessage) string {
	var node map[string]json.RawMessage
	if json.Unmarshal(raw, &node) != nil {
		return ""
	}
	var list []struct{ Code, Message string }
	if json.Unmarshal(node["_errors"], &list) == nil && len(list) > 0 {
		return list[0].Code + " " + list[0].Message
	}
	first, found := "", ""
	for name, below := range node {
		if s := firstProblem(below); s != "" && (first == "" || name < first) {
			first, found = name, name+" "+s
		}
	}
	return found
}
