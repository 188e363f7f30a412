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
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/bot/chat"
)

// rest makes requests through discordgo, each exactly once and none waiting
// for another.
type rest struct {
	session *discordgo.Session
	http    *http.Transport
	quiet   atomic.Int64 // Unix nanoseconds until which a global limit forbids requests
}

func newREST(base *url.URL, token chat.Secret) (*rest, error) {
	session, err := discordgo.New("Bot " + token.Reveal())
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	session.UserAgent = "DiscordBot (https://github.com/digestbot/digestbot, 1)"
	wire := http.DefaultTransport.(*http.Transport).Clone()
	wire.MaxIdleConnsPerHost = 64
	r := &rest{session: session, http: wire}
	session.Client = &http.Client{Transport: &transport{base: base, next: wire}, Timeout: requestTimeout}
	return r, nil
}

func (r *rest) close() { r.http.CloseIdleConnections() }

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
	// discordgo locks a bucket during a request and keeps it for ever, so each
	// request brings its own. A bucket needs a limiter to look at.
	bucket := discordgo.NewRatelimiter().GetBucket("")
	bucket.Lock()
	answer, err := r.session.RequestWithLockedBucket(method, endpoint, "application/json", body, bucket, 0,
		discordgo.WithContext(ctx), discordgo.WithRestRetries(0), discordgo.WithRetryOnRatelimit(false))
	if err != nil {
		if refusal, ok := errors.AsType[*apiError](err); ok {
			return refusal
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
	// Global says that the limit is for all requests of the bot.
	Global bool
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

// transport sends what discordgo makes to the configured base and gives it
// nothing to be clever about: refusals become errors, and rate limit headers
// go, since discordgo takes one that it cannot read for a failed request.
type transport struct {
	base *url.URL
	next http.RoundTripper
}

// RoundTrip makes the request.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	path, ok := strings.CutPrefix(req.URL.String(), discordgo.EndpointAPI)
	if !ok {
		return nil, fmt.Errorf("request: %s is not in Discord's API", req.URL.Host)
	}
	target, err := url.Parse(strings.TrimSuffix(t.base.String(), "/") + "/" + path)
	if err != nil {
		return nil, errors.New("request: its address cannot be read")
	}
	req = req.Clone(req.Context())
	req.URL, req.Host = target, ""
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		for name := range resp.Header {
			if strings.HasPrefix(name, "X-Ratelimit-") {
				resp.Header.Del(name)
			}
		}
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, answerLimit), resp.Body}
		return resp, nil
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // half a refusal is a refusal
	return nil, readRefusal(resp, body)
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
	}
	if resp.StatusCode == http.StatusTooManyRequests {
		header, _ := strconv.ParseFloat(resp.Header.Get("Retry-After"), 64) // absent is 0
		e.RetryAfter = seconds(max(header, in.RetryAfter))
		e.Global = e.Global || resp.Header.Get("X-RateLimit-Global") != ""
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

// traced is ctx and a function that reports whether a request made with it got
// as far as a connection. One that did not cannot have been carried out.
func traced(ctx context.Context) (context.Context, func() bool) {
	var connected atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }}
	return httptrace.WithClientTrace(ctx, trace), connected.Load
}
