package wire

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

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// Client makes requests to Discord's REST API, each exactly once, within
// the rate limits.
type Client struct {
	base    *url.URL // its path ends with a slash
	token   chat.Secret
	HTTP    *http.Client
	Limiter *Limiter
}

// NewClient returns a client of the API at base.
func NewClient(base *url.URL, token chat.Secret) *Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	transport.WriteBufferSize = 16 << 10 // so that a message is sent in one write
	return &Client{base: base.JoinPath("/"), token: token, Limiter: NewLimiter(), HTTP: &http.Client{
		Transport: transport,
		// Following a redirect would make the post again.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close closes idle connections.
func (r *Client) Close() { r.HTTP.CloseIdleConnections() }

// agent is the bot's user agent.
// https://docs.discord.com/developers/reference#user-agent
const agent = "DiscordBot (https://github.com/digestbot/digestbot, 1)"

// requestTimeout ends requests without a deadline: a network that swallows
// packets must not block the bot.
const requestTimeout = 30 * time.Second

// answerLimit is larger than any answer that the bot reads.
const answerLimit = 8 << 20

// Call makes one request to one of discordgo's endpoints and decodes the answer
// into out unless that is nil. The error is an *APIError if Discord refused the
// request, and a *notSent if the request was not sent. It contains no secret,
// although addresses of interactions hold tokens.
func (r *Client) Call(ctx context.Context, method, endpoint string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = layout.JSON(in); err != nil {
			return fmt.Errorf("request: %w", err)
		}
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, requestTimeout)
		defer cancel()
	}
	path, ok := strings.CutPrefix(endpoint, discordgo.EndpointAPI)
	if !ok {
		return &notSent{err: errors.New("request: its address is not in Discord's API")}
	}
	answer, err := r.limited(ctx, method, path, body)
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("answer of %d bytes: %w", len(answer), err)
	}
	return nil
}

// limited makes a request as soon as the rate limits allow it.
func (r *Client) limited(ctx context.Context, method, path string, body []byte) (answer []byte, err error) {
	var header http.Header
	var refusal *APIError
	// The global limit does not apply to interactions.
	// https://docs.discord.com/developers/topics/rate-limits#global-rate-limit
	if !strings.HasPrefix(path, "interactions/") && !strings.HasPrefix(path, "webhooks/") {
		k := routeOf(method, path)
		if err := r.Limiter.acquire(ctx, k, method == http.MethodGet); err != nil {
			return nil, err
		}
		defer func() { r.Limiter.release(k, header, refusal) }() // also after a panic
	}
	answer, header, err = r.exchange(ctx, method, path, body)
	if refusal, _ = errors.AsType[*APIError](err); refusal != nil {
		r.Limiter.countRefusal(refusal)
	}
	return answer, err
}

// exchange sends a request and reads the answer.
func (r *Client) exchange(ctx context.Context, method, path string, body []byte) (answer []byte, header http.Header, err error) {
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, method, r.base.String()+path, bytes.NewReader(body))
	if err != nil {
		return nil, nil, &notSent{err: errors.New("request: its address is not a URL")}
	}
	req.Header.Set("Authorization", "Bot "+r.token.Reveal())
	req.Header.Set("User-Agent", agent)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := r.HTTP.Do(req)
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err // without the address, which may hold a token
	}
	switch {
	case err != nil && !connected.Load():
		return nil, nil, &notSent{err: fmt.Errorf("no connection: %w", err)}
	case err != nil:
		return nil, nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // part of a refusal is enough
		return nil, resp.Header, readRefusal(resp, body)
	}
	answer, err = io.ReadAll(io.LimitReader(resp.Body, answerLimit))
	return answer, resp.Header, err
}

// APIError is an unsuccessful answer.
type APIError struct {
	Status  int
	Code    int
	Message string
	// Detail is the first problem in an invalid form, with its path.
	Detail string
	// RetryAfter is the longer of the times given in the header and in the body.
	RetryAfter time.Duration
	// Global means that the limit is for all requests of the bot, and Shared
	// that others have used it up.
	Global, Shared bool
}

func (e *APIError) Error() string {
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

// readRefusal reads an unsuccessful answer. It ignores a body that is not
// Discord's.
func readRefusal(resp *http.Response, body []byte) *APIError {
	var in struct {
		Message    string          `json:"message"`
		Code       int             `json:"code"`
		Errors     json.RawMessage `json:"errors"`
		RetryAfter float64         `json:"retry_after"`
		Global     bool            `json:"global"`
	}
	e := &APIError{Status: resp.StatusCode}
	if json.Unmarshal(body, &in) == nil {
		e.Code, e.Message, e.Global = in.Code, in.Message, in.Global
		e.Detail = firstProblem(in.Errors)
	} else if bytes.Contains(bytes.ToLower(body), []byte("<html")) || bytes.Contains(bytes.ToLower(body), []byte("<!doctype")) {
		e.Message = "a web page instead of an answer"
		// Cloudflare has blocked the machine for all requests.
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

// seconds converts a delay that a platform asked for, limited to a day.
func seconds(s float64) time.Duration {
	if math.IsNaN(s) || s <= 0 {
		return 0
	}
	return time.Duration(math.Ceil(min(s, 24*3600)*1000)) * time.Millisecond
}

// firstProblem returns the first entry in the tree of errors of a refused form.
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
