// Package wire talks to Slack: the Web API, Socket Mode, and Slack's HTTP requests.
// It classifies every answer as an outcome, respects Slack's rate limits, and never
// retries on its own. It never knows a message's layout: the bodies that it carries
// are JSON.
//
// # Why
//
// This package itself strictly parses everything that decides whether a post
// exists or whether commands are heard; the SDK does the rest.
package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/time/rate"

	"github.com/digestbot/digestbot/bot/chat"
)

const (
	// Timeout limits every request. It is shorter than the time after which a
	// post is looked for, so that the request is over by then.
	Timeout = 20 * time.Second
	// maxAnswer is the maximum number of bytes read of an answer.
	maxAnswer = 8 << 20
)

// Client calls the Web API of one workspace.
type Client struct {
	// Base is the URL of the API; it ends in a slash.
	Base *url.URL
	// HTTP makes all requests, including those of the SDK. It follows no
	// redirects, which could post twice or leak the token.
	HTTP *http.Client
	// Posts has one permit for each post.
	Posts *PostLimiter

	bot   chat.Secret
	edits *rate.Limiter
	api   *slack.Client
}

// New returns a client of a workspace that allows this many posts in any
// minute. It opens no connection.
func New(base *url.URL, bot, app chat.Secret, postsPerMinute int) *Client {
	c := &Client{
		Base: base,
		HTTP: &http.Client{
			Transport:     newTransport(),
			Timeout:       Timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		Posts: NewPostLimiter(postsPerMinute, time.Now()),
		bot:   bot,
		edits: newEdits(),
	}
	c.api = slack.New(bot.Reveal(), slack.OptionHTTPClient(c.HTTP), slack.OptionAPIURL(base.String()), slack.OptionAppLevelToken(app.Reveal()))
	return c
}

// Close closes idle connections.
func (c *Client) Close() { c.HTTP.CloseIdleConnections() }

// newTransport returns a transport whose connections, when closed, discard what
// the machine has not sent yet. Otherwise, once a network outage is over, the
// machine would go on sending for a minute or more, even if the request was
// cancelled or its process has died. HTTP/2 is disabled because it cancels
// requests without closing the connection.
func newTransport() *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	transport.Protocols = new(http.Protocols)
	transport.Protocols.SetHTTP1(true)
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if tcp, ok := conn.(*net.TCPConn); ok && err == nil {
			err = tcp.SetLinger(0)
		}
		return conn, err
	}
	return transport
}

// The content types of a request.
const (
	jsonBody = "application/json; charset=utf-8"
	form     = "application/x-www-form-urlencoded"
)

// ask calls a method that changes nothing, and decodes its answer.
func (c *Client) ask(ctx context.Context, method string, query url.Values, into answer) error {
	return c.call(ctx, method, form, []byte(query.Encode()), into)
}

// answer is the answer of a method. Each method has its own type.
type answer interface{ refused() *Refusal }

// call calls a method of the Web API with one request, and decodes its answer. The
// error is a *chat.SendError that says whether the method may have been executed.
func (c *Client) call(ctx context.Context, method, kind string, body []byte, into answer) error {
	fail := func(o chat.Outcome, wait time.Duration, err error) error {
		return &chat.SendError{Outcome: o, RetryAfter: wait, Err: fmt.Errorf("%s: %w", method, err)}
	}
	// Without a connection, nothing can have reached Slack. Once there is one, only
	// an answer can tell.
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	got, err := c.post(ctx, c.Base.String()+method, kind, "Bearer "+c.bot.Reveal(), body)
	if got.code == 0 {
		if connected.Load() {
			return fail(chat.InDoubt, 0, fmt.Errorf("the answer was cut short: %w", err))
		}
		return fail(chat.Retryable, 0, fmt.Errorf("no connection: %w", err))
	}
	unreadable := json.Unmarshal(got.data, into)
	why := into.refused()
	wait := retryAfter(got.header.Get("Retry-After"), time.Now())
	switch {
	case got.code == http.StatusTooManyRequests:
		return fail(chat.Retryable, wait, ErrLimited)
	case got.code >= 500, got.code == http.StatusRequestTimeout:
		return fail(chat.InDoubt, 0, fmt.Errorf("Slack answered %s", got.status))
	case err == nil && unreadable == nil && !why.OK && why.Code != "":
		v := classify(why.Code)
		return fail(v.outcome, max(wait, v.wait), *why)
	case got.code != http.StatusOK:
		// This answer came from something between the bot and Slack, which may have
		// forwarded the request and withheld Slack's answer.
		return fail(chat.InDoubt, 0, fmt.Errorf("something between the bot and Slack answered %s", got.status))
	case err != nil:
		return fail(chat.InDoubt, 0, fmt.Errorf("the answer was cut short: %w", err))
	case unreadable != nil:
		return fail(chat.InDoubt, 0, fmt.Errorf("the answer cannot be read: %w", unreadable))
	case !why.OK:
		return fail(chat.InDoubt, 0, errors.New("Slack did not say whether it worked"))
	}
	return nil
}

// received is an HTTP response. Its code is zero if there was none.
type received struct {
	code   int
	status string
	header http.Header
	data   []byte
}

// post makes one request and reads the response. If it returns both a response and
// an error, the response was cut short.
func (c *Client) post(ctx context.Context, address, kind, authorization string, body []byte) (received, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return received{}, withoutAddress(err)
	}
	req.Header.Set("Content-Type", kind)
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return received{}, withoutAddress(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return received{resp.StatusCode, resp.Status, resp.Header, data}, withoutAddress(err)
}

// retryAfter parses a Retry-After header: seconds, possibly with a fraction,
// or a date. It returns zero if there is no valid value.
func retryAfter(header string, now time.Time) time.Duration {
	const day = 24 * time.Hour
	if header == "" {
		return 0
	}
	if seconds, err := strconv.ParseFloat(strings.TrimSpace(header), 64); err == nil {
		if seconds > 0 {
			return time.Duration(min(seconds, day.Seconds()) * float64(time.Second))
		}
		return 0
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(0, at.Sub(now)), day)
	}
	return 0
}
