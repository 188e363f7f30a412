package discordfake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ServeHTTP serves /api, /api/v9 and /api/v10, and the gateway's own path.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == gatewayPath {
		f.serveGateway(w, r)
		return
	}
	path, ok := strings.CutPrefix(r.URL.Path, "/api")
	for _, version := range []string{"/v9", "/v10"} {
		if rest, found := strings.CutPrefix(path, version+"/"); found {
			path = "/" + rest
		}
	}
	if !ok {
		refuse(w, http.StatusNotFound, 0, "404: Not Found")
		return
	}
	r.URL.Path = path
	f.mux.ServeHTTP(w, r)
}

// routes registers the calls that a Fake supports. Calls with a token in
// the path need no other; all others require the bot's token.
func (f *Fake) routes() *http.ServeMux {
	mux := http.NewServeMux()
	route := func(pattern string, open bool, h http.HandlerFunc) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			w = counted{w, f}
			f.mu.Lock()
			f.counts[pattern]++
			wait := time.Duration(0)
			if !open {
				wait = f.arrive(time.Now())
			}
			f.mu.Unlock()
			if wait > 0 {
				tooMany(w, wait)
				return
			}
			if !open && r.Header.Get("Authorization") != "Bot "+f.Token {
				refuse(w, http.StatusUnauthorized, 0, "401: Unauthorized")
				return
			}
			h(w, r)
		})
	}
	route("GET /gateway", true, f.getGateway)
	route("GET /gateway/bot", false, f.getGateway)
	route("GET /users/@me", false, func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, map[string]any{"id": BotID, "username": BotName, "bot": true})
	})
	route("GET /applications/@me", false, func(w http.ResponseWriter, _ *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		reply(w, http.StatusOK, map[string]any{"id": AppID, "name": BotName, "verify_key": f.PublicKey(), "interactions_endpoint_url": f.endpointOrNull(), "approximate_guild_count": len(f.guilds())})
	})
	route("GET /users/@me/guilds", false, f.getGuilds)
	route("POST /users/@me/channels", false, f.openDirect)
	route("GET /channels/{channel}", false, f.getChannel)
	route("GET /channels/{channel}/messages", false, f.listMessages)
	route("POST /channels/{channel}/messages", false, f.createMessage)
	route("GET /channels/{channel}/messages/{message}", false, f.oneMessage)
	route("PATCH /channels/{channel}/messages/{message}", false, f.oneMessage)
	route("DELETE /channels/{channel}/messages/{message}", false, f.oneMessage)
	route("POST /channels/{channel}/messages/{message}/crosspost", false, f.crosspost)
	route("POST /channels/{channel}/messages/{message}/threads", false, f.threadUnder)
	route("POST /channels/{channel}/threads", false, f.postToForum)
	route("GET /guilds/{guild}/roles", false, f.getRoles)
	route("GET /guilds/{guild}/members/{user}", false, f.getMember)
	route("GET /guilds/{guild}/threads/active", false, f.activeThreads)
	route("GET /channels/{channel}/threads/archived/public", false, f.archivedThreads)
	for _, scope := range []string{"/applications/{app}/commands", "/applications/{app}/guilds/{guild}/commands"} {
		route("GET "+scope, false, f.getCommands)
		route("PUT "+scope, false, f.putCommands)
		route("DELETE "+scope+"/{command}", false, f.deleteCommand)
	}
	route("POST /interactions/{id}/{token}/callback", true, f.callback)
	route("PATCH /webhooks/{app}/{token}/messages/@original", true, f.followUp)
	route("POST /webhooks/{app}/{token}", true, f.followUp)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotFound, 0, "404: Not Found") })
	return mux
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, status, code int, message string) {
	reply(w, status, map[string]any{"message": message, "code": code})
}

func refuseForm(w http.ResponseWriter, p problems) {
	reply(w, http.StatusBadRequest, map[string]any{"message": "Invalid Form Body", "code": 50035, "errors": p})
}

// read decodes a request into v and returns its bytes, or answers that it is invalid.
func read(w http.ResponseWriter, r *http.Request, v any) (json.RawMessage, bool) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 25<<20))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, 40005, "Request entity too large")
		return nil, false
	}
	if !json.Valid(raw) {
		refuse(w, http.StatusBadRequest, 50109, "The request body contains invalid JSON.")
		return nil, false
	}
	if err := json.Unmarshal(raw, v); err != nil {
		p := problems{}
		p.add("body", "BASE_TYPE_BAD_TYPE", "%v", err)
		refuseForm(w, p)
		return nil, false
	}
	return raw, true
}

// good reports whether Discord accepts a message; otherwise it answers with the error.
func good(w http.ResponseWriter, b body) bool {
	p, empty, wall := b.check()
	switch {
	case len(p) > 0:
		refuseForm(w, p)
	case empty:
		refuse(w, http.StatusBadRequest, 50006, "Cannot send an empty message")
	case wall:
		refuse(w, http.StatusInternalServerError, 0, "500: Internal Server Error")
	default:
		return true
	}
	return false
}

// visible returns the channel of the request if the bot may see it.
func (f *Fake) visible(w http.ResponseWriter, r *http.Request) *channel {
	c := f.channels[r.PathValue("channel")]
	switch {
	case c == nil:
		refuse(w, http.StatusNotFound, 10003, "Unknown Channel")
		return nil
	case c.NoAccess:
		refuse(w, http.StatusForbidden, 50001, "Missing Access")
		return nil
	}
	return c
}

func (f *Fake) getChannel(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.visible(w, r); c != nil {
		reply(w, http.StatusOK, c.object())
	}
}

// object returns a message in Discord's format.
func (m *Message) object() map[string]any {
	o := map[string]any{}
	_ = json.Unmarshal(m.Body, &o)
	delete(o, "allowed_mentions")
	delete(o, "enforce_nonce")
	delete(o, "nonce")
	o["id"], o["channel_id"], o["type"] = m.ID, m.ChannelID, 0
	o["timestamp"] = m.At.UTC().Format(time.RFC3339Nano)
	o["author"] = map[string]any{"id": m.AuthorID, "username": BotName, "bot": m.AuthorID == BotID}
	return o
}

func (f *Fake) createMessage(w http.ResponseWriter, r *http.Request) {
	var b body
	raw, ok := read(w, r, &b)
	if !ok {
		return
	}
	f.mu.Lock()
	fault := None
	if c := f.channels[r.PathValue("channel")]; len(f.faults) > 0 && (c == nil || c.Type != Forum) {
		fault, f.faults = f.faults[0], f.faults[1:]
	}
	done := f.before(w, fault)
	c := (*channel)(nil)
	if !done {
		c = f.visible(w, r)
	}
	if c == nil {
		f.mu.Unlock()
		return
	}
	if c.refuses {
		f.mu.Unlock()
		refuse(w, http.StatusForbidden, 50007, "Cannot send messages to this user")
		return
	}
	if c.Type == Forum || c.NoPosts && c.Type != Thread || c.NoThreads && c.Type == Thread {
		f.mu.Unlock()
		if c.Type == Forum {
			refuse(w, http.StatusBadRequest, 50024, "Cannot execute action on this channel type")
		} else {
			refuse(w, http.StatusForbidden, 50013, "Missing Permissions")
		}
		return
	}
	if !f.allow(w, c) || !good(w, b) {
		f.mu.Unlock()
		return
	}
	if f.Wall > 0 && len(raw) > f.Wall {
		f.mu.Unlock()
		refuse(w, http.StatusInternalServerError, 0, "500: Internal Server Error")
		return
	}
	m, gone := f.post(c, b, raw)
	f.mu.Unlock()
	if gone {
		refuse(w, http.StatusNotFound, 10008, "Unknown Message")
		return
	}
	after(w, r, fault, m, b.Nonce)
}

// before applies a fault that prevents the post and reports whether it did.
func (f *Fake) before(w http.ResponseWriter, fault Fault) bool {
	switch fault {
	case DroppedBefore:
		hangUp(w)
	case ServerError:
		refuse(w, http.StatusInternalServerError, 0, "500: Internal Server Error")
	case Limited:
		w.Header().Set("Retry-After", "2")
		w.Header().Set("X-RateLimit-Scope", "user")
		reply(w, http.StatusTooManyRequests, map[string]any{"message": "You are being rate limited.", "retry_after": 1.5, "global": false})
	case LimitedGlobal:
		w.Header().Set("Retry-After", "1")
		w.Header().Set("X-RateLimit-Global", "true")
		reply(w, http.StatusTooManyRequests, map[string]any{"message": "You are being rate limited.", "retry_after": 1.25, "global": true})
	case LimitedHTML:
		w.Header().Set("Retry-After", "3")
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, "<!doctype html><title>Access denied | discord.com used Cloudflare to restrict access</title>error code: 1015")
	case Unauthorized:
		refuse(w, http.StatusUnauthorized, 0, "401: Unauthorized")
	case Forbidden:
		refuse(w, http.StatusForbidden, 50013, "Missing Permissions")
	case Invalid:
		p := problems{}
		p.add("embeds.0.description", "BASE_TYPE_MAX_LENGTH", "Must be 4096 or fewer in length.")
		refuseForm(w, p)
	default:
		return false
	}
	f.watch("fault %d instead of a post", fault)
	return true
}

// after answers for a posted message according to the fault.
func after(w http.ResponseWriter, r *http.Request, fault Fault, m *Message, nonce string) {
	o := m.object()
	if nonce != "" {
		o["nonce"] = nonce
	}
	conclude(w, r, fault, http.StatusOK, o)
}

// conclude answers for anything posted according to the fault.
func conclude(w http.ResponseWriter, r *http.Request, fault Fault, status int, o map[string]any) {
	switch fault {
	case AnswerLost:
		hangUp(w)
	case BadGateway:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "<html><title>502 Bad Gateway</title></html>")
	case Garbled:
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id": "12`)
	case Hang:
		<-r.Context().Done()
	default:
		if fault == OddHeader {
			w.Header().Set("X-RateLimit-Remaining", "many")
			w.Header().Set("X-RateLimit-Reset-After", "soon")
		}
		reply(w, status, o)
	}
}

// hangUp closes the connection without an answer.
func hangUp(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
	}
}

// allow counts a post to a channel, and answers 429 if there are too many.
func (f *Fake) allow(w http.ResponseWriter, c *channel) bool {
	limit := f.PostLimit
	if limit == 0 {
		return true
	}
	now := time.Now()
	c.posts = slices.DeleteFunc(c.posts, func(at time.Time) bool { return now.Sub(at) >= f.PostWindow })
	wait := 0.0
	if len(c.posts) > 0 {
		wait = max(f.PostWindow-now.Sub(c.posts[0]), 0).Seconds()
	}
	h := w.Header()
	h.Set("X-RateLimit-Bucket", "post-"+c.ID)
	h.Set("X-RateLimit-Limit", strconv.Itoa(limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(limit-len(c.posts)-1, 0)))
	h.Set("X-RateLimit-Reset-After", fmt.Sprintf("%.3f", wait))
	h.Set("X-RateLimit-Reset", fmt.Sprintf("%.3f", float64(now.UnixMilli())/1000+wait))
	if len(c.posts) < limit {
		c.posts = append(c.posts, now)
		return true
	}
	h.Set("Retry-After", strconv.Itoa(int(math.Ceil(wait))))
	h.Set("X-RateLimit-Scope", "user")
	reply(w, http.StatusTooManyRequests, map[string]any{"message": "You are being rate limited.", "retry_after": wait, "global": false})
	return false
}

// post adds a message, or finds the one with the same nonce; gone is true if
// that one was deleted.
func (f *Fake) post(c *channel, b body, raw json.RawMessage) (m *Message, gone bool) {
	now := time.Now()
	if seen, ok := f.nonces[b.Nonce]; b.EnforceNonce && b.Nonce != "" && ok && now.Sub(seen.at) < f.NonceWindow {
		f.watch("post  #%s  nonce %s again: %s", c.ID, b.Nonce, seen.message.ID)
		home := f.channels[seen.message.ChannelID]
		return seen.message, !slices.Contains(home.messages, seen.message)
	}
	m = &Message{ID: f.newID(now), ChannelID: c.ID, AuthorID: BotID, At: now, Body: withoutNonce(raw)}
	c.messages, c.last, c.archived = append(c.messages, m), m.ID, time.Time{}
	c.pings = append(c.pings, b.pings()...)
	if b.Nonce != "" {
		f.nonces[b.Nonce] = seenNonce{m, now}
	}
	f.watch("post  #%s  %s  %s", c.ID, m.ID, b.outline())
	return m, false
}

func withoutNonce(raw json.RawMessage) json.RawMessage {
	fields := map[string]json.RawMessage{}
	_ = json.Unmarshal(raw, &fields)
	delete(fields, "nonce")
	delete(fields, "enforce_nonce")
	out, _ := json.Marshal(fields)
	return out
}

// outline summarises a message on one line.
func (b body) outline() string {
	parts := []string{strconv.Quote(b.Content)}
	for _, e := range b.Embeds {
		head := e.Title
		if head == "" {
			head = e.Description
		}
		parts = append(parts, "▌"+firstLine(head))
	}
	for _, row := range b.Components {
		for _, c := range row.Components {
			parts = append(parts, "["+c.Label+"]")
		}
	}
	return strings.Join(parts, " ")
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "…"
	}
	return s
}

// listMessages returns a page, newest first. Without READ_MESSAGE_HISTORY the
// page is empty, but there is no error.
// https://docs.discord.com/developers/resources/message#get-channel-messages
func (f *Fake) listMessages(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.visible(w, r)
	if c == nil {
		return
	}
	q := r.URL.Query()
	limit := 50
	if s := q.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > 100 {
			p := problems{}
			p.add("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
			refuseForm(w, p)
			return
		}
		limit = n
	}
	var all []*Message
	if !c.NoHistory {
		all = c.messages
	}
	older := func(id string) int {
		n, _ := strconv.ParseUint(id, 10, 64)
		return len(slices.DeleteFunc(slices.Clone(all), func(m *Message) bool { at, _ := strconv.ParseUint(m.ID, 10, 64); return at >= n }))
	}
	from, to := max(len(all)-limit, 0), len(all)
	switch {
	case q.Has("after"):
		n, _ := strconv.ParseUint(q.Get("after"), 10, 64)
		from = older(strconv.FormatUint(n+1, 10))
		to = min(from+limit, len(all))
	case q.Has("before"):
		to = older(q.Get("before"))
		from = max(to-limit, 0)
	case q.Has("around"):
		from = max(older(q.Get("around"))-limit/2, 0)
		to = min(from+limit, len(all))
	}
	page := []map[string]any{}
	for _, m := range slices.Backward(all[from:to]) {
		if f.Containers && bytes.Contains(m.Body, []byte(`"type":17`)) {
			refuse(w, http.StatusInternalServerError, 0, "500: Internal Server Error")
			return
		}
		page = append(page, m.object())
	}
	reply(w, http.StatusOK, page)
}

// oneMessage returns, edits or deletes a message.
func (f *Fake) oneMessage(w http.ResponseWriter, r *http.Request) {
	var b body
	var raw json.RawMessage
	if r.Method == http.MethodPatch {
		var ok bool
		if raw, ok = read(w, r, &b); !ok {
			return
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.visible(w, r)
	if c == nil {
		return
	}
	if c.NoHistory && r.Method == http.MethodGet {
		refuse(w, http.StatusForbidden, 50013, "Missing Permissions")
		return
	}
	i := slices.IndexFunc(c.messages, func(m *Message) bool { return m.ID == r.PathValue("message") })
	if i < 0 {
		refuse(w, http.StatusNotFound, 10008, "Unknown Message")
		return
	}
	m := c.messages[i]
	switch r.Method {
	case http.MethodPatch:
		if m.AuthorID != BotID {
			refuse(w, http.StatusForbidden, 50005, "Cannot edit a message authored by another user")
			return
		}
		if !c.archived.IsZero() {
			refuse(w, http.StatusBadRequest, 50083, "Thread is archived")
			return
		}
		// Fields that an edit omits stay as they are.
		merged := map[string]json.RawMessage{}
		_ = json.Unmarshal(m.Body, &merged)
		_ = json.Unmarshal(raw, &merged)
		whole, _ := json.Marshal(merged)
		var edited body
		_ = json.Unmarshal(whole, &edited)
		if !good(w, edited) {
			return
		}
		m.Body = withoutNonce(whole)
		b.Content = edited.Content
		c.pings = append(c.pings, b.pings()...)
		f.watch("edit  #%s  %s  %s", c.ID, m.ID, b.outline())
	case http.MethodDelete:
		c.messages = slices.Delete(c.messages, i, i+1)
		f.watch("delete  #%s  %s", c.ID, m.ID)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	reply(w, http.StatusOK, m.object())
}

// Delete deletes a message as a moderator would.
func (f *Fake) Delete(channelID, messageID string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.channels[channelID]
	c.messages = slices.DeleteFunc(c.messages, func(m *Message) bool { return m.ID == messageID })
}

// scope describes the scope of the request's commands.
func scope(r *http.Request) string {
	if guild := r.PathValue("guild"); guild != "" {
		return "server " + guild
	}
	return "all servers"
}

// getCommands lists commands. Without with_localizations, localizations are
// left out.
func (f *Fake) getCommands(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watch("asked  for the commands in %s", scope(r))
	list := []command{}
	for _, c := range f.commands[r.PathValue("guild")] {
		if r.URL.Query().Get("with_localizations") != "true" {
			c = c.plain()
		}
		list = append(list, c)
	}
	reply(w, http.StatusOK, list)
}

// ForgetCommands removes all commands everywhere, as somebody might do by hand.
func (f *Fake) ForgetCommands() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.commands)
}

// Commands returns the names of the commands in a server, or of the global ones.
func (f *Fake) Commands(guild string) (names []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.commands[guild] {
		names = append(names, c.Name)
	}
	return names
}

func (f *Fake) deleteCommand(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	guild := r.PathValue("guild")
	n := len(f.commands[guild])
	f.commands[guild] = slices.DeleteFunc(f.commands[guild], func(c command) bool { return c.ID == r.PathValue("command") })
	if len(f.commands[guild]) == n {
		refuse(w, http.StatusNotFound, 10063, "Unknown application command")
		return
	}
	f.watch("removed  a command in %s", scope(r))
	w.WriteHeader(http.StatusNoContent)
}

// getGuilds lists the servers that the bot is in, by their ids.
func (f *Fake) getGuilds(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit < 1 || limit > 200 {
		limit = 200
	}
	page := []map[string]any{}
	for _, id := range f.guilds() {
		if id > r.URL.Query().Get("after") && len(page) < limit {
			page = append(page, map[string]any{"id": id, "name": "server " + id})
		}
	}
	reply(w, http.StatusOK, page)
}

// guilds returns the servers that have a channel.
func (f *Fake) guilds() (ids []string) {
	for _, c := range f.channels {
		if c.Guild != "" && !slices.Contains(ids, c.Guild) {
			ids = append(ids, c.Guild)
		}
	}
	slices.Sort(ids)
	return ids
}

// openDirect opens the direct-message channel of a person.
func (f *Fake) openDirect(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Recipient string `json:"recipient_id"`
	}
	if _, ok := read(w, r, &in); !ok {
		return
	}
	if _, err := strconv.ParseUint(in.Recipient, 10, 64); err != nil || in.Recipient == BotID {
		refuse(w, http.StatusBadRequest, 50033, "Invalid Recipient(s)")
		return
	}
	id := f.Direct(in.Recipient)
	f.mu.Lock()
	defer f.mu.Unlock()
	reply(w, http.StatusOK, f.channels[id].object())
}

// Direct returns the direct-message channel of a person.
func (f *Fake) Direct(user string) (channelID string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.direct[user] == "" {
		id := f.newID(time.Now())
		f.direct[user], f.channels[id] = id, &channel{Channel: Channel{ID: id, Type: DM}}
	}
	return f.direct[user]
}

// RefuseDirect makes a person refuse direct messages from now on.
func (f *Fake) RefuseDirect(user string) {
	id := f.Direct(user)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.channels[id].refuses = true
}

// putCommands overwrites the commands of the application, globally or in a guild.
func (f *Fake) putCommands(w http.ResponseWriter, r *http.Request) {
	var list []command
	if _, ok := read(w, r, &list); !ok {
		return
	}
	p := problems{}
	menu := 0
	for i := range list {
		if list[i].Type == 0 {
			list[i].Type = 1
		}
		if list[i].Type == typeMessageCommand {
			menu++
			list[i].checkMenu(p, strconv.Itoa(i))
			continue
		}
		if list[i].check(p, strconv.Itoa(i)) > 8000 {
			p.add(strconv.Itoa(i), "APPLICATION_COMMAND_TOO_LARGE", "Command exceeds maximum size (8000)")
		}
	}
	if menu > 15 {
		refuse(w, http.StatusBadRequest, 30032, "Maximum number of application commands reached (15)")
		return
	}
	if r.PathValue("app") != AppID {
		refuse(w, http.StatusForbidden, 20012, "You are not authorized to perform this action on this application")
		return
	}
	if len(p) > 0 {
		refuseForm(w, p)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range list {
		list[i].ID, list[i].AppID, list[i].Version = f.newID(time.Now()), AppID, f.newID(time.Now())
		f.watch("registered  /%s with %d options in %s", list[i].Name, len(list[i].Options), scope(r))
	}
	f.commands[r.PathValue("guild")] = list
	reply(w, http.StatusOK, append([]command{}, list...))
}
