// Package slackfake is a fake Slack with one workspace that runs in this process: the part of
// the Web API that posts, updates, deletes, reads and looks up, with threads, response URLs,
// modals, the App Home, and both ways to deliver what people do: Socket Mode over a real
// WebSocket, and signed requests. It enforces Slack's limits, refuses what Slack refuses with
// Slack's errors, and can be told to fail.
//
// It never knows the adapter, the bot or a Slack SDK: it is on the other side
// of the wire, so a misunderstanding of the protocol cannot hide in code that
// both sides share.
package slackfake

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"mime"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// The workspace that New creates. It accepts only these tokens.
const (
	BotToken = "xoxb-fake-0000000000-bottokenofthefake"
	AppToken = "xapp-1-A0FAKEAPP1-0000000000-apptokenofthefake"
	// SigningSecret signs what the fake posts.
	SigningSecret = "0000000000signingsecretofthefake"

	General = "C0GENERAL1" // the bot is a member
	Random  = "C0RANDOM01" // the bot is not a member
	Reader  = "U0READER01"
	Admin   = "U0ADMIN001"

	teamID  = "T0FAKETEAM"
	teamURL = "https://fake-team.slack.com/"
	appID   = "A0FAKEAPP1"
	botID   = "B0FAKEBOT1"
	botUser = "U0FAKEBOT1"
)

// Channel is a conversation in the workspace.
type Channel struct {
	ID, Name string
	// Member means that the bot was invited; otherwise it can neither post nor read.
	Member   bool
	Private  bool
	Archived bool
}

// User is a user of the workspace.
type User struct {
	ID, Name string
	Admin    bool
	Owner    bool
	// Guest has few rights; Stranger is from another workspace.
	Guest, Stranger bool
	// Locale is the user's language; empty means en-US.
	Locale string
}

// Message is a message by the bot.
type Message struct {
	Channel string
	TS      string
	// Thread is the TS of the message that it replies to; empty if it is in the
	// channel itself.
	Thread string
	// To is the only user who sees it; empty if everyone does.
	To       string
	Text     string
	Blocks   json.RawMessage
	Metadata json.RawMessage
	// Notified lists those who were notified when it was posted: user groups
	// and users by id, and "here", "channel", "everyone". Edits notify nobody.
	Notified []string
	// Edited means that it was edited.
	Edited bool

	at        time.Time
	lag       time.Duration // until the history shows it
	broadcast bool          // a reply that is shown in the channel, too
	names     bool          // its text was searched for names
	removed   bool
}

// Fault is what happens to one request instead of the normal answer.
type Fault struct {
	// Execute means that the method is executed anyway.
	Execute bool
	// Drop resets the connection without an answer.
	Drop bool
	// Hang sends no answer until the client gives up.
	Hang bool
	// Status, Header and Body are the answer if neither Drop nor Hang is set.
	Status int
	Header http.Header
	Body   string
}

// Common faults.
var (
	AnswerLost       = Fault{Execute: true, Drop: true}
	ServerError      = Fault{Status: http.StatusInternalServerError, Body: "<html>500</html>"}
	ServerErrorAfter = Fault{Execute: true, Status: http.StatusBadGateway, Body: "<html>502</html>"}
	Garbled          = Fault{Execute: true, Status: http.StatusOK, Body: "<html>proxy</html>"}
	Hang             = Fault{Execute: true, Hang: true}
	NoAccount        = Refused("invalid_auth")
	Forbidden        = Refused("not_in_channel")
	BadPayload       = Refused("invalid_blocks")
)

// Limited returns a 429 with this Retry-After, without the header if it is empty.
func Limited(retryAfter string) Fault {
	f := Fault{Status: http.StatusTooManyRequests, Body: `{"ok":false,"error":"ratelimited"}`}
	if retryAfter != "" {
		f.Header = http.Header{"Retry-After": {retryAfter}}
	}
	return f
}

// Refused returns an error in Slack's form, with HTTP status 200.
func Refused(code string) Fault {
	return Fault{Status: http.StatusOK, Body: fmt.Sprintf(`{"ok":false,"error":%q}`, code)}
}

// Fake is a workspace. Set the exported fields before it serves.
type Fake struct {
	// Lag is the delay before the history shows a message. Lags, if set, returns it
	// for each message, so that a newer message may appear before an older one.
	Lag  time.Duration
	Lags func() time.Duration
	// Gap is the minimum time between two posts to a channel; earlier ones are
	// answered with 429. Slack's is a second, with some tolerance; zero means
	// no limit.
	Gap time.Duration
	// PerMinute is the maximum number of posts to the workspace in any minute;
	// more are answered with 429. Slack's is several hundred; zero means no
	// limit.
	PerMinute int
	// PageLimit is the maximum number of messages in a page of the history,
	// whatever is requested. Slack uses 15 for apps distributed outside its
	// Marketplace; zero means no limit.
	PageLimit int
	// Scopes are the scopes of the bot token, as reported by auth.test.
	Scopes []string
	// Forgetful drops the metadata of posts, as Slack does if it does not like
	// it.
	Forgetful bool
	// AckWait is how long an envelope waits for its acknowledgement before it
	// is delivered again.
	AckWait time.Duration
	// PingEvery is the interval of pings on a Socket Mode connection.
	PingEvery time.Duration
	// Posted, if set, is called for everything that the bot says.
	Posted func(Message)
	// Viewed, if set, is called for every view that the bot shows.
	Viewed func(View)

	mux http.ServeMux

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced whenever something happens
	channels map[string]*Channel
	users    map[string]*User
	messages []Message
	last     time.Time            // time of the newest ts
	taken    map[string]time.Time // time of the latest post to each channel
	minute   []time.Time          // times of the posts to the workspace in the last minute
	limited  int                  // number of requests answered with 429
	calls    map[string]int
	faults   map[string][]Fault
	serial   int
	groups   map[string][]string
	socketState
	viewState
}

// New returns a workspace with two channels, a reader and an admin.
func New() *Fake {
	f := &Fake{
		Scopes: []string{
			"chat:write", "commands", "users:read", "usergroups:read", "channels:read", "channels:history", "groups:read", "groups:history", "im:write", "im:history",
		},
		AckWait:   3 * time.Second,
		PingEvery: 5 * time.Second,
		changed:   make(chan struct{}),
		channels:  map[string]*Channel{},
		users:     map[string]*User{},
		taken:     map[string]time.Time{},
		calls:     map[string]int{},
		faults:    map[string][]Fault{},
		groups:    map[string][]string{},
		viewState: viewState{triggers: map[string]*trigger{}},
	}
	f.init()
	f.AddChannel(Channel{ID: General, Name: "general", Member: true})
	f.AddChannel(Channel{ID: Random, Name: "random"})
	f.AddUser(User{ID: Reader, Name: "reader"})
	f.AddUser(User{ID: Admin, Name: "admin", Admin: true})
	f.mux.HandleFunc("/api/{method}", f.serveMethod)
	f.mux.HandleFunc("POST /hooks/{id}", f.serveHook)
	f.mux.HandleFunc("GET /socket", f.serveSocket)
	return f
}

func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.mux.ServeHTTP(w, r) }

// AddChannel adds or replaces a channel.
func (f *Fake) AddChannel(c Channel) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.channels[c.ID] = &c
}

// AddUser adds or replaces a user.
func (f *Fake) AddUser(u User) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.users[u.ID] = &u
}

// AddGroup adds a user group or replaces its members.
func (f *Fake) AddGroup(id string, members ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.groups[id] = members
}

// Fail sets the fault of the next request to a method that has none yet.
func (f *Fake) Fail(method string, fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults[method] = append(f.faults[method], fault)
}

// Calls returns the number of requests to a method so far.
func (f *Fake) Calls(method string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[method]
}

// Limited returns the number of requests answered with 429 because of Gap
// or PerMinute.
func (f *Fake) Limited() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.limited
}

// Tighten changes PerMinute while the fake is serving.
func (f *Fake) Tighten(perMinute int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.PerMinute = perMinute
}

// Messages returns the messages in a channel outside of threads, oldest first.
func (f *Fake) Messages(channel string) []Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.standing(channel)
}

// Delete deletes a message as a person would.
func (f *Fake) Delete(channel, ts string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m := f.find(channel, ts); m != nil {
		m.removed = true
	}
}

func (f *Fake) standing(channel string) (out []Message) {
	for _, m := range f.messages {
		if m.Channel == channel && m.To == "" && !m.removed && (m.Thread == "" || m.broadcast) {
			out = append(out, m)
		}
	}
	return out
}

// Replies returns the messages in the thread of a message, oldest first.
func (f *Fake) Replies(channel, thread string) []Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.thread(channel, thread)
}

func (f *Fake) thread(channel, ts string) (out []Message) {
	for _, m := range f.messages {
		if m.Channel == channel && m.To == "" && !m.removed && m.Thread == ts {
			out = append(out, m)
		}
	}
	return out
}

// Notified returns everyone notified of messages in a channel and its
// threads, once per message.
func (f *Fake) Notified(channel string) (out []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.messages {
		if m.Channel == channel {
			out = append(out, m.Notified...)
		}
	}
	return out
}

// find returns the message with that ts if it is in the channel or one of its
// threads.
func (f *Fake) find(channel, ts string) *Message {
	for i, m := range f.messages {
		if m.Channel == channel && m.TS == ts && m.To == "" && !m.removed {
			return &f.messages[i]
		}
	}
	return nil
}

// touch wakes everything that waits. The mutex must be held.
func (f *Fake) touch() {
	close(f.changed)
	f.changed = make(chan struct{})
}

// wait returns as soon as happened, which is called with the mutex held, returns true.
func (f *Fake) wait(ctx context.Context, happened func() bool) error {
	for {
		f.mu.Lock()
		done, changed := happened(), f.changed
		f.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// WaitCalls returns once a method has been called n times.
func (f *Fake) WaitCalls(ctx context.Context, method string, n int) error {
	return f.wait(ctx, func() bool { return f.calls[method] >= n })
}

// JSON returns the message as in conversations.history.
func (m Message) JSON() []byte {
	data, err := json.Marshal(m.object(true))
	if err != nil {
		panic(err) // it was decoded from JSON
	}
	return data
}

func (m Message) object(allMetadata bool) map[string]any {
	o := map[string]any{
		"type": "message", "subtype": "bot_message", "user": botUser, "bot_id": botID, "app_id": appID,
		"team": teamID, "text": m.Text, "ts": m.TS,
	}
	if m.Blocks != nil {
		o["blocks"] = m.Blocks
	}
	if m.Thread != "" {
		o["thread_ts"] = m.Thread
	}
	if m.Edited {
		o["edited"] = object{"user": botUser, "ts": m.TS}
	}
	if m.Metadata != nil {
		meta := map[string]json.RawMessage{}
		if json.Unmarshal(m.Metadata, &meta) == nil && !allMetadata {
			delete(meta, "event_payload")
		}
		o["metadata"] = meta
	}
	return o
}

type object = map[string]any

func refuse(code string, more ...string) object {
	o := object{"ok": false, "error": code}
	if len(more) > 0 {
		o["response_metadata"] = object{"messages": more}
	}
	return o
}

func (f *Fake) serveMethod(w http.ResponseWriter, r *http.Request) {
	method := r.PathValue("method")
	args, err := arguments(r)
	if err != nil {
		answer(w, http.StatusOK, refuse("invalid_form_data"))
		return
	}
	fault, failing := f.count(method)
	if failing && !fault.Execute {
		spoil(w, r, fault)
		return
	}
	if method == "views.update" {
		f.awaitAnswer(r.Context(), args["view_id"])
	}
	reply := f.call(method, token(r, args), args, r)
	w.Header().Set("X-OAuth-Scopes", strings.Join(f.Scopes, ","))
	switch {
	case failing:
		spoil(w, r, fault)
	case reply["error"] == "ratelimited":
		w.Header().Set("Retry-After", fmt.Sprint(reply["retry_after"]))
		answer(w, http.StatusTooManyRequests, reply)
	default:
		answer(w, http.StatusOK, reply)
	}
}

// count records a request and takes its fault from the queue.
func (f *Fake) count(method string) (fate Fault, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[method]++
	f.touch()
	if queue := f.faults[method]; len(queue) > 0 {
		fate, f.faults[method] = queue[0], queue[1:]
		return fate, true
	}
	return Fault{}, false
}

func answer(w http.ResponseWriter, status int, reply object) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(reply) // the client may be gone
}

func spoil(w http.ResponseWriter, r *http.Request, fault Fault) {
	switch {
	case fault.Hang:
		<-r.Context().Done()
	case fault.Drop:
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0) // a reset instead of an orderly close
			}
			_ = conn.Close()
		}
	default:
		for name, values := range fault.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(fault.Status)
		_, _ = io.WriteString(w, fault.Body)
	}
}

// arguments returns the arguments of a request from its query, form or JSON
// body. A JSON value that is not a string remains JSON, as it would be in a
// form.
func arguments(r *http.Request) (map[string]string, error) {
	args := map[string]string{}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "application/json" {
		var raw map[string]json.RawMessage
		if err := json.NewDecoder(r.Body).Decode(&raw); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		for name, value := range raw {
			var s string
			if json.Unmarshal(value, &s) != nil {
				s = string(value)
			}
			args[name] = s
		}
		return args, nil
	}
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	for name := range r.Form {
		args[name] = r.Form.Get(name)
	}
	return args, nil
}

func token(r *http.Request, args map[string]string) string {
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return bearer
	}
	return args["token"]
}

// call executes a method of the Web API.
func (f *Fake) call(method, token string, args map[string]string, r *http.Request) object {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer f.touch()
	wanted := BotToken
	if method == "apps.connections.open" {
		wanted = AppToken
	}
	switch {
	case token == "":
		return refuse("not_authed")
	case token != wanted && (token == BotToken || token == AppToken):
		return refuse("not_allowed_token_type")
	case token != wanted:
		return refuse("invalid_auth")
	}
	f.host = r.Host
	switch method {
	case "auth.test":
		return object{"ok": true, "url": teamURL, "team": "Fake Team", "user": "tech-digest", "team_id": teamID, "user_id": botUser, "bot_id": botID, "is_enterprise_install": false}
	case "apps.connections.open":
		return f.openSocket(r)
	case "users.info":
		return f.usersInfo(args["user"])
	case "conversations.info":
		return f.conversationsInfo(args["channel"])
	case "conversations.history":
		return f.history(args)
	case "conversations.replies":
		return f.replies(args)
	case "chat.postMessage":
		return f.postMessage(args)
	case "chat.update":
		return f.update(args)
	case "chat.delete":
		return f.remove(args)
	case "chat.postEphemeral":
		return f.postEphemeral(args)
	case "chat.getPermalink":
		return f.permalink(args)
	case "conversations.open":
		return f.conversationsOpen(args["users"])
	case "usergroups.users.list":
		members, ok := f.groups[args["usergroup"]]
		if !ok {
			return refuse("no_such_subteam")
		}
		return object{"ok": true, "users": members}
	case "views.open":
		return f.openView(args)
	case "views.update":
		return f.updateView(args)
	case "views.publish":
		return f.publishView(args)
	}
	return refuse("unknown_method")
}

func (f *Fake) usersInfo(id string) object {
	u := f.users[id]
	if u == nil {
		return refuse("user_not_found")
	}
	return object{"ok": true, "user": object{
		"id": u.ID, "team_id": teamID, "name": u.Name, "real_name": u.Name, "deleted": false, "is_bot": false,
		"is_admin": u.Admin || u.Owner, "is_owner": u.Owner, "is_primary_owner": false, "is_restricted": u.Guest, "is_ultra_restricted": false,
		"is_stranger": u.Stranger, "locale": cmp.Or(u.Locale, "en-US"),
	}}
}

// conversationsOpen returns the bot's conversation with a user, which is always
// the same.
func (f *Fake) conversationsOpen(id string) object {
	u := f.users[id]
	switch {
	case u == nil:
		return refuse("user_not_found")
	case u.Stranger:
		return refuse("user_not_visible")
	}
	c := &Channel{ID: Direct(id), Name: u.Name, Member: true}
	f.channels[c.ID] = c
	return object{"ok": true, "channel": object{"id": c.ID}}
}

// Direct returns the id of the bot's conversation with a user.
func Direct(user string) string { return "D" + user[1:] }

func (f *Fake) conversationsInfo(id string) object {
	c := f.channels[id]
	if c == nil || c.Private && !c.Member {
		return refuse("channel_not_found")
	}
	return object{"ok": true, "channel": object{
		"id": c.ID, "name": c.Name, "is_channel": !c.Private, "is_group": c.Private, "is_private": c.Private,
		"is_member": c.Member, "is_archived": c.Archived,
	}}
}

// joined says why the bot can do nothing in a channel.
func (f *Fake) joined(id string) (code string) {
	switch c := f.channels[id]; {
	case c == nil || c.Private && !c.Member:
		return "channel_not_found"
	case !c.Member:
		return "not_in_channel"
	}
	return ""
}

func (f *Fake) postMessage(args map[string]string) object {
	if code := f.joined(args["channel"]); code != "" {
		return refuse(code)
	}
	if f.channels[args["channel"]].Archived {
		return refuse("is_archived")
	}
	messages, refusal := compose(args)
	if refusal != nil {
		return refusal
	}
	if wait := f.admit(args["channel"]); wait > 0 {
		f.limited++
		refusal := refuse("ratelimited")
		refusal["retry_after"] = int(math.Ceil(wait.Seconds()))
		return refusal
	}
	thread := args["thread_ts"]
	if thread != "" && !stamp.MatchString(thread) {
		return refuse("invalid_thread_ts", "[ERROR] "+thread+" is not a valid thread_ts")
	}
	if thread != "" && f.find(args["channel"], thread) == nil && len(f.thread(args["channel"], thread)) == 0 {
		// Slack silently puts a reply to a removed message into the channel
		// (https://github.com/slack-go/slack/issues/1571).
		thread = ""
	}
	var m Message
	for _, m = range messages {
		m.Thread = thread
		m.broadcast, _ = strconv.ParseBool(args["reply_broadcast"])
		if f.Forgetful {
			m.Metadata = nil
		}
		m = f.keep(m, args["channel"], "")
	}
	return object{"ok": true, "channel": m.Channel, "ts": m.TS, "message": m.object(true)}
}

// admit counts a post to a channel and to the workspace, or returns how long
// there is no room for it. The minute counted is the one before each post,
// which is the strictest way. The mutex must be held, so that posts are
// counted in the order in which they arrive.
func (f *Fake) admit(channel string) time.Duration {
	now := time.Now()
	over := slices.IndexFunc(f.minute, func(t time.Time) bool { return now.Sub(t) < time.Minute })
	if over < 0 {
		over = len(f.minute)
	}
	f.minute = f.minute[over:]
	if last, ok := f.taken[channel]; ok && now.Sub(last) < f.Gap {
		return last.Add(f.Gap).Sub(now)
	}
	if f.PerMinute > 0 && len(f.minute) >= f.PerMinute {
		return f.minute[len(f.minute)-f.PerMinute].Add(time.Minute).Sub(now)
	}
	f.taken[channel] = now
	f.minute = append(f.minute, now)
	return 0
}

// stamp is the form of a ts.
var stamp = regexp.MustCompile(`^\d+\.\d{6}$`)

// maxUpdate is the maximum size of an edited text in UTF-8 bytes.
const maxUpdate = 4000

func (f *Fake) update(args map[string]string) object {
	if code := f.joined(args["channel"]); code != "" {
		return refuse(code)
	}
	m := f.find(args["channel"], args["ts"])
	switch {
	case m == nil:
		return refuse("message_not_found")
	case f.channels[args["channel"]].Archived:
		return refuse("is_inactive")
	case len(args["text"]) > maxUpdate:
		return refuse("msg_too_long")
	}
	changed, refusal := compose(args)
	if refusal != nil {
		return refusal
	}
	m.Text, m.Blocks, m.Edited = changed[0].Text, changed[0].Blocks, true
	if changed[0].Metadata != nil {
		m.Metadata = changed[0].Metadata
	}
	return object{"ok": true, "channel": m.Channel, "ts": m.TS, "text": m.Text, "message": m.object(true)}
}

func (f *Fake) remove(args map[string]string) object {
	if code := f.joined(args["channel"]); code != "" {
		return refuse(code)
	}
	m := f.find(args["channel"], args["ts"])
	if m == nil {
		return refuse("message_not_found")
	}
	m.removed = true
	return object{"ok": true, "channel": m.Channel, "ts": m.TS}
}

func (f *Fake) postEphemeral(args map[string]string) object {
	if code := f.joined(args["channel"]); code != "" {
		return refuse(code)
	}
	if f.users[args["user"]] == nil {
		return refuse("user_not_in_channel")
	}
	messages, refusal := compose(args)
	if refusal != nil {
		return refusal
	}
	m := f.keep(messages[0], args["channel"], args["user"])
	return object{"ok": true, "message_ts": m.TS}
}

// keep stores a message with its channel and a unique ts.
func (f *Fake) keep(m Message, channel, to string) Message {
	m.at, m.lag = time.Now(), f.Lag
	if f.Lags != nil {
		m.lag = f.Lags()
	}
	if at := m.at.Truncate(time.Microsecond); at.After(f.last) {
		f.last = at
	} else {
		f.last = f.last.Add(time.Microsecond)
	}
	m.Channel, m.To = channel, to
	m.Notified = m.notifies()
	m.TS = timestamp(f.last)
	f.messages = append(f.messages, m)
	if f.Posted != nil {
		f.Posted(m)
	}
	return m
}

// Age makes the newest message of a channel older by the given duration.
func (f *Fake) Age(channel string, by time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	standing := f.standing(channel)
	if len(standing) == 0 {
		return fmt.Errorf("slackfake: %s has no message", channel)
	}
	m := f.find(channel, standing[len(standing)-1].TS)
	m.at = m.at.Add(-by)
	m.TS = timestamp(m.at)
	slices.SortStableFunc(f.messages, func(a, b Message) int { return a.at.Compare(b.at) })
	return nil
}

// timestamp formats a time as the ts of a message.
func timestamp(at time.Time) string {
	return fmt.Sprintf("%d.%06d", at.Unix(), at.Nanosecond()/1000)
}

// compose builds messages from arguments as Slack does: several if the text
// is long, each with the same blocks
// (https://github.com/slackapi/java-slack-sdk/issues/704).
func compose(args map[string]string) ([]Message, object) {
	m := Message{Text: args["text"], names: args["parse"] == "full"}
	if linked, _ := strconv.ParseBool(args["link_names"]); linked {
		m.names = true
	}
	switch n := utf8.RuneCountInString(m.Text); {
	case n > 40_000:
		return nil, refuse("msg_too_long")
	case strings.TrimSpace(m.Text) == "" && args["blocks"] == "":
		return nil, refuse("no_text")
	}
	if args["blocks"] != "" {
		blocks, refusal := check(args["blocks"])
		if refusal != nil {
			return nil, refusal
		}
		m.Blocks = blocks
	}
	if args["metadata"] != "" {
		var meta struct {
			Type    string                     `json:"event_type"`
			Payload map[string]json.RawMessage `json:"event_payload"`
		}
		if err := json.Unmarshal([]byte(args["metadata"]), &meta); err != nil || meta.Type == "" || meta.Payload == nil {
			return nil, refuse("invalid_metadata_format")
		}
		m.Metadata = json.RawMessage(args["metadata"])
	}
	var out []Message
	for runes := range slices.Chunk([]rune(cmp.Or(m.Text, " ")), 4000) {
		part := m
		part.Text = strings.TrimSpace(string(runes))
		out = append(out, part)
	}
	return out, nil
}

func (f *Fake) history(args map[string]string) object {
	newest := slices.Clone(f.standing(args["channel"]))
	slices.Reverse(newest)
	return f.page(args, newest)
}

// replies returns a thread, starting with its parent. The parent is
// returned even if it is older than requested, and even if it was removed,
// as long as it has replies.
func (f *Fake) replies(args map[string]string) object {
	channel, ts := args["channel"], args["ts"]
	if code := f.joined(channel); code != "" {
		return refuse(code)
	}
	parent, replies := f.find(channel, ts), f.thread(channel, ts)
	switch {
	case parent != nil && parent.Thread != "":
		return f.replies(with(args, "ts", parent.Thread))
	case parent == nil && len(replies) == 0:
		return refuse("thread_not_found")
	case parent == nil:
		parent = &Message{Channel: channel, TS: ts, Text: "This message was deleted."}
	}
	reply := f.page(args, replies)
	if page, ok := reply["messages"].([]object); ok {
		reply["messages"] = append([]object{parent.object(false)}, page...)
	}
	return reply
}

// with returns args with one value changed.
func with(args map[string]string, name, value string) map[string]string {
	args = maps.Clone(args)
	args[name] = value
	return args
}

// page returns the requested messages in order.
func (f *Fake) page(args map[string]string, all []Message) object {
	if code := f.joined(args["channel"]); code != "" {
		return refuse(code)
	}
	limit := 100
	if s := args["limit"]; s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > 999 {
			return refuse("invalid_limit")
		}
		limit = n
	}
	if f.PageLimit > 0 {
		limit = min(limit, f.PageLimit)
	}
	withMetadata, _ := strconv.ParseBool(args["include_all_metadata"])
	inclusive, _ := strconv.ParseBool(args["inclusive"])
	oldest, latest := args["oldest"], args["latest"]
	if cursor := args["cursor"]; cursor != "" {
		ts, ok := strings.CutPrefix(cursor, "behind:")
		at := slices.IndexFunc(all, func(m Message) bool { return m.TS == ts })
		if !ok || at < 0 {
			return refuse("invalid_cursor")
		}
		all = all[at+1:]
	}
	page := []object{}
	next := ""
	for _, m := range all {
		switch older, newer := compare(m.TS, oldest), compare(m.TS, latest); {
		case time.Since(m.at) < m.lag:
			continue
		case oldest != "" && (older < 0 || older == 0 && !inclusive):
			continue
		case latest != "" && (newer > 0 || newer == 0 && !inclusive):
			continue
		}
		if len(page) == limit {
			next = "behind:" + fmt.Sprint(page[limit-1]["ts"])
			break
		}
		page = append(page, m.object(withMetadata))
	}
	return object{"ok": true, "messages": page, "has_more": next != "", "pin_count": 0, "response_metadata": object{"next_cursor": next}}
}

// compare compares two timestamps, which have six decimals or none.
func compare(a, b string) int {
	x, _ := strconv.ParseFloat(a, 64)
	y, _ := strconv.ParseFloat(b, 64)
	return cmp.Compare(x, y)
}

func (f *Fake) permalink(args map[string]string) object {
	m := f.find(args["channel"], args["message_ts"])
	if m == nil {
		return refuse("message_not_found")
	}
	link := teamURL + "archives/" + m.Channel + "/p" + strings.Replace(m.TS, ".", "", 1)
	if m.Thread != "" {
		link += "?thread_ts=" + m.Thread + "&cid=" + m.Channel
	}
	return object{"ok": true, "channel": m.Channel, "permalink": link}
}

// base returns the address at which the client reaches the fake.
func base(r *http.Request) url.URL { return url.URL{Scheme: "http", Host: r.Host} }
