package slackfake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Limits of Socket Mode and of response URLs
// (https://docs.slack.dev/apis/events-api/using-socket-mode,
// https://docs.slack.dev/interactivity/handling-user-interaction).
const (
	maxConnections = 10
	maxDeliveries  = 4
	maxHookUses    = 5
	maxAck         = 20_000
)

// socketState is the state of Socket Mode; Fake.mu guards it.
type socketState struct {
	tickets      map[string]bool
	host         string // where the client reached the fake, for response URLs
	sockets      []*socket
	frozen       []*socket
	unwelcome    int // number of further connections that get no hello
	envelopes    map[string]*envelope
	lastEnvelope *envelope
	acts         map[string]*Act
	endpoint     string // where actions are posted; empty with Socket Mode
	serving      sync.WaitGroup
}

func (s *socketState) init() {
	s.tickets, s.envelopes, s.acts = map[string]bool{}, map[string]*envelope{}, map[string]*Act{}
}

// socket is one connection of a client.
type socket struct {
	mu     sync.Mutex // for writes
	ws     *websocket.Conn
	frozen bool // open, but this end neither reads nor writes
}

func (s *socket) write(v any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.frozen {
		return nil
	}
	return s.ws.WriteJSON(v)
}

func (s *socket) ping() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.frozen {
		_ = s.ws.WriteControl(websocket.PingMessage, []byte("ping"), time.Now().Add(time.Second))
	}
}

func (s *socket) freeze() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frozen = true
}

type envelope struct {
	id         string
	body       object
	deliveries int
	acked      bool
	done       func(payload []byte) // called once, with the payload of the acknowledgement
}

// Act is an action of a person: a slash command, a button press, a choice, or a
// submitted form.
type Act struct {
	fake     *Fake
	envelope *envelope
	channel  string
	user     string
	message  string // the ts of the message in which it happened
	view     *View  // the view in which it happened
	uses     int
	replies  []Message
	options  []object
}

// openSocket is apps.connections.open. It returns an address that works once.
func (f *Fake) openSocket(r *http.Request) object {
	f.serial++
	ticket := fmt.Sprintf("ticket-%d", f.serial)
	f.tickets[ticket] = true
	f.host = r.Host
	u := base(r)
	u.Scheme, u.Path, u.RawQuery = "ws", "/socket", "ticket="+ticket
	return object{"ok": true, "url": u.String()}
}

// serveSocket serves a connection. Its faults have the method name
// "socket": one that hangs is not accepted or, with Execute, accepted and
// then ignored.
func (f *Fake) serveSocket(w http.ResponseWriter, r *http.Request) {
	fault, failing := f.count("socket")
	if failing && !fault.Execute {
		spoil(w, r, fault)
		return
	}
	f.mu.Lock()
	ticket := r.URL.Query().Get("ticket")
	known := f.tickets[ticket]
	delete(f.tickets, ticket)
	full := len(f.sockets) >= maxConnections
	f.mu.Unlock()
	if !known || full {
		http.Error(w, "no such connection", http.StatusForbidden)
		return
	}
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }} // Slack's clients send another origin
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	f.serving.Add(1)
	defer f.serving.Done()
	s := &socket{ws: ws, frozen: failing}
	defer func() { _ = ws.Close() }()

	f.mu.Lock()
	silent := f.unwelcome > 0
	switch {
	case s.frozen:
		f.frozen = append(f.frozen, s)
	case silent:
		f.unwelcome--
	default:
		f.sockets = append(f.sockets, s)
	}
	hello := object{
		"type": "hello", "num_connections": len(f.sockets), "connection_info": object{"app_id": appID},
		"debug_info": object{"host": "fake", "build_number": 1, "approximate_connection_time": 18060},
	}
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.sockets = slices.DeleteFunc(f.sockets, func(other *socket) bool { return other == s })
		f.touch()
	}()
	if !silent && s.write(hello) != nil {
		return
	}
	f.mu.Lock()
	f.touch()
	f.mu.Unlock()

	done := make(chan struct{})
	f.serving.Go(func() {
		tick := time.NewTicker(f.PingEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				s.ping()
			}
		}
	})
	defer close(done)
	for {
		var ack struct {
			EnvelopeID string          `json:"envelope_id"`
			Payload    json.RawMessage `json:"payload"`
		}
		if ws.ReadJSON(&ack) != nil {
			return
		}
		f.mu.Lock()
		if e := f.envelopes[ack.EnvelopeID]; e != nil {
			if len(ack.Payload) >= maxAck {
				ack.Payload = nil // ignored
			}
			e.acknowledge(ack.Payload)
		}
		f.touch()
		f.mu.Unlock()
	}
}

// acknowledge handles an acknowledgement; only the first one counts. The mutex
// must be held.
func (e *envelope) acknowledge(payload []byte) {
	if !e.acked && e.done != nil {
		e.done(payload)
	}
	e.acked = true
}

// Close closes all connections and waits until they are no longer served.
func (f *Fake) Close() {
	f.mu.Lock()
	for _, s := range slices.Concat(f.sockets, f.frozen) {
		_ = s.ws.Close()
	}
	for _, e := range f.envelopes {
		e.acked = true // so that nothing is redelivered
	}
	f.mu.Unlock()
	f.serving.Wait()
}

// Connected returns once a client is listening.
func (f *Fake) Connected(ctx context.Context) error {
	return f.wait(ctx, func() bool { return len(f.sockets) > 0 })
}

// Disconnect tells every client why its connection will end, as Slack does
// before it ends one; "refresh_requested" is the usual reason.
func (f *Fake) Disconnect(reason string) {
	f.mu.Lock()
	sockets := slices.Clone(f.sockets)
	f.mu.Unlock()
	for _, s := range sockets {
		_ = s.write(object{"type": "disconnect", "reason": reason, "debug_info": object{"host": "fake"}}) // a dead client is disconnected anyway
	}
}

// Freeze keeps all connections open but silent for ever.
func (f *Fake) Freeze() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.sockets {
		s.freeze()
	}
	f.frozen, f.sockets = append(f.frozen, f.sockets...), nil
}

// Unwelcome pings the next n connections but sends nothing else on them, not
// even hello.
func (f *Fake) Unwelcome(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unwelcome = n
}

// Cut closes all connections without notice.
func (f *Fake) Cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.sockets {
		_ = s.ws.Close()
	}
	f.sockets = nil
}

// Command returns the form of a slash command, as Slack posts it.
func (f *Fake) Command(user, channel, line string) url.Values {
	form := url.Values{}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.serial++
	id := fmt.Sprintf("%08d-fake", f.serial)
	f.acts[id] = &Act{fake: f, envelope: &envelope{id: id}, channel: channel, user: user}
	for name, value := range commandPayload(f.trigger(user), "http://"+f.host+"/hooks/"+id, *f.users[user], *f.channels[channel], line) {
		form.Set(name, fmt.Sprint(value))
	}
	return form
}

func commandPayload(trigger, hook string, u User, c Channel, line string) object {
	command, text, _ := strings.Cut(strings.TrimSpace(line), " ")
	return object{
		"token": "deprecated", "team_id": teamID, "team_domain": "fake-team", "channel_id": c.ID, "channel_name": c.Name,
		"user_id": u.ID, "user_name": u.Name, "command": command, "text": strings.TrimSpace(text), "api_app_id": appID,
		"is_enterprise_install": "false", "response_url": hook, "trigger_id": trigger,
	}
}

// Say gives a slash command as a person would type it: "/digest tag AI".
func (f *Fake) Say(ctx context.Context, user, channel, line string) (*Act, error) {
	return f.act(ctx, Act{user: user, channel: channel}, "slash_commands", func(trigger, hook string, u User, c Channel) object {
		return commandPayload(trigger, hook, u, c, line)
	})
}

// Point uses a shortcut on a message, by its callback id.
func (f *Fake) Point(ctx context.Context, user, channel, callback, ts string) (*Act, error) {
	return f.act(ctx, Act{user: user, channel: channel}, "interactive", func(trigger, hook string, u User, c Channel) object {
		return object{
			"type": "message_action", "token": "deprecated", "callback_id": callback, "trigger_id": trigger, "response_url": hook, "action_ts": "1764400000.000100",
			"team": object{"id": teamID, "domain": "fake-team"}, "user": object{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": teamID},
			"channel": object{"id": c.ID, "name": c.Name}, "message_ts": ts, "message": object{"type": "message", "ts": ts, "text": "…"},
		}
	})
}

// Press presses the newest button with that label that is visible to the
// user in a channel.
func (f *Fake) Press(ctx context.Context, user, channel, label string) (*Act, error) {
	m, button := f.element(user, channel, func(e object) bool { return e["type"] == "button" && label == words(e["text"]) })
	if button == nil {
		return nil, fmt.Errorf("slackfake: nobody offers a button %q to %s in %s", label, user, channel)
	}
	return f.inMessage(ctx, user, m, pressed(button))
}

// Choose selects a choice in the newest menu with that name that is visible
// to the user in a channel. If the choices come from the bot, the user
// types the choice.
func (f *Fake) Choose(ctx context.Context, user, channel, menu, choice string) (*Act, error) {
	m, e := f.menu(user, channel, menu)
	if e == nil {
		return nil, fmt.Errorf("slackfake: nobody offers a menu %q to %s in %s", menu, user, channel)
	}
	options := objects(e["options"])
	if e["type"] == "external_select" {
		var err error
		if options, err = f.suggestions(ctx, user, m, e, choice); err != nil {
			return nil, err
		}
	}
	for _, o := range options {
		if words(o["text"]) == choice {
			return f.inMessage(ctx, user, m, chosen(e, o))
		}
	}
	return nil, fmt.Errorf("slackfake: the menu %q has no %q", menu, choice)
}

// Type types into the newest menu with that name whose choices come from the bot,
// and returns the choices offered.
func (f *Fake) Type(ctx context.Context, user, channel, menu, typed string) (choices []string, err error) {
	m, e := f.menu(user, channel, menu)
	if e == nil {
		return nil, fmt.Errorf("slackfake: nobody offers a menu %q to %s in %s", menu, user, channel)
	}
	options, err := f.suggestions(ctx, user, m, e, typed)
	for _, o := range options {
		choices = append(choices, words(o["text"]))
	}
	return choices, err
}

func (f *Fake) suggestions(ctx context.Context, user string, m Message, menu object, typed string) ([]object, error) {
	a, err := f.act(ctx, Act{user: user, channel: m.Channel}, "interactive", func(_, _ string, u User, c Channel) object {
		return object{
			"type": "block_suggestion", "token": "deprecated", "api_app_id": appID, "team": object{"id": teamID, "domain": "fake-team"},
			"user": object{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": teamID}, "channel": object{"id": c.ID, "name": c.Name},
			"container": container(m), "message": m.object(true),
			"action_id": menu["action_id"], "block_id": menu["block_id"], "value": typed,
		}
	})
	if err != nil {
		return nil, err
	}
	if err := a.Acknowledged(ctx); err != nil {
		return nil, err
	}
	return a.options, nil
}

func (f *Fake) menu(user, channel, name string) (Message, object) {
	return f.element(user, channel, func(e object) bool {
		return (e["type"] == "static_select" || e["type"] == "external_select") && words(e["placeholder"]) == name
	})
}

// pressed returns the action of a button.
func pressed(button object) object {
	action := object{"type": "button", "action_ts": "1.000001"}
	for _, k := range []string{"action_id", "block_id", "text", "value", "url"} {
		if button[k] != nil {
			action[k] = button[k]
		}
	}
	return action
}

// chosen returns the action of a menu.
func chosen(menu, option object) object {
	return object{
		"type": menu["type"], "action_ts": "1.000001", "action_id": menu["action_id"], "block_id": menu["block_id"],
		"selected_option": option, "placeholder": menu["placeholder"],
	}
}

func container(m Message) object {
	return object{"type": "message", "message_ts": m.TS, "channel_id": m.Channel, "is_ephemeral": m.To != ""}
}

// Forge delivers the press of a forged button with any value.
func (f *Fake) Forge(ctx context.Context, user, channel, value string) (*Act, error) {
	m := Message{Channel: channel, TS: "1.000001"}
	return f.inMessage(ctx, user, m, object{"type": "button", "action_id": "say-1", "block_id": "b1", "value": value})
}

// inMessage delivers an action in a message.
func (f *Fake) inMessage(ctx context.Context, user string, m Message, action object) (*Act, error) {
	return f.act(ctx, Act{user: user, channel: m.Channel, message: m.TS}, "interactive", func(trigger, hook string, u User, c Channel) object {
		o := interactionOf(trigger, u, action)
		o["response_url"], o["channel"], o["container"], o["message"] = hook, object{"id": c.ID, "name": c.Name}, container(m), m.object(true)
		return o
	})
}

func interactionOf(trigger string, u User, action object) object {
	return object{
		"type": "block_actions", "token": "deprecated", "api_app_id": appID, "trigger_id": trigger,
		"team": object{"id": teamID, "domain": "fake-team"}, "enterprise": nil, "is_enterprise_install": false,
		"user":  object{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": teamID},
		"state": object{"values": object{}}, "actions": []object{action},
	}
}

// Buttons returns the labels of the message's buttons.
func (m Message) Buttons() (labels []string) {
	for _, e := range elements(m.Blocks) {
		if e["type"] == "button" {
			labels = append(labels, words(e["text"]))
		}
	}
	return labels
}

// Menus returns the names of the message's menus.
func (m Message) Menus() (names []string) {
	for _, e := range elements(m.Blocks) {
		if e["type"] != "button" {
			names = append(names, words(e["placeholder"]))
		}
	}
	return names
}

// elements returns the interactive elements in blocks, each with the id of its
// block.
func elements(blocks json.RawMessage) (all []object) {
	var read []struct {
		ID       string   `json:"block_id"`
		Type     string   `json:"type"`
		Elements []object `json:"elements"`
	}
	if json.Unmarshal(blocks, &read) != nil {
		return nil // a message without blocks
	}
	for _, b := range read {
		for _, e := range b.Elements {
			if b.Type == "actions" {
				e["block_id"] = b.ID
				all = append(all, e)
			}
		}
	}
	return all
}

// words returns the text of a text object without direction marks.
func words(text any) string {
	o, _ := text.(object)
	s, _ := o["text"].(string)
	return strings.Trim(s, "\u2068\u2069")
}

func objects(list any) (all []object) {
	items, _ := list.([]any)
	for _, item := range items {
		if o, ok := item.(object); ok {
			all = append(all, o)
		}
	}
	return all
}

// element finds the newest matching element that is visible to the user.
func (f *Fake) element(user, channel string, is func(object) bool) (Message, object) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range slices.Backward(f.messages) {
		if m.Channel != channel || m.removed || m.To != "" && m.To != user {
			continue
		}
		for _, e := range elements(m.Blocks) {
			if is(e) {
				return m, e
			}
		}
	}
	return Message{}, nil
}

// act delivers an action: to one of the clients, waiting until there is one, or
// by an HTTP request.
func (f *Fake) act(ctx context.Context, act Act, kind string, payload func(trigger, hook string, u User, c Channel) object) (*Act, error) {
	f.mu.Lock()
	endpoint := f.endpoint
	f.mu.Unlock()
	if endpoint == "" {
		if err := f.Connected(ctx); err != nil {
			return nil, fmt.Errorf("slackfake: no client is connected: %w", err)
		}
	}
	f.mu.Lock()
	u, c := f.users[act.user], f.channels[act.channel]
	if u == nil || c == nil && act.channel != "" {
		f.mu.Unlock()
		return nil, errors.New("slackfake: no such user or channel")
	}
	if c == nil {
		c = &Channel{}
	}
	f.serial++
	id := fmt.Sprintf("%08d-fake", f.serial)
	hook := "http://" + f.host + "/hooks/" + id
	e := &envelope{id: id, body: object{
		"type": kind, "envelope_id": id, "accepts_response_payload": true, "payload": payload(f.trigger(act.user), hook, *u, *c),
	}}
	a := &act
	a.fake, a.envelope = f, e
	e.done = func(answer []byte) { f.carried(a, kind, answer) }
	f.envelopes[id], f.acts[id], f.lastEnvelope = e, a, e
	f.mu.Unlock()
	f.deliver(e)
	return a, nil
}

// deliver sends an envelope to any client, repeatedly until it is
// acknowledged or has been sent the maximum number of times.
func (f *Fake) deliver(e *envelope) {
	f.mu.Lock()
	if f.endpoint != "" {
		e.deliveries++
		endpoint, retry := f.endpoint, e.deliveries-1
		f.mu.Unlock()
		f.serving.Go(func() { f.post(endpoint, e, retry) })
		return
	}
	if len(f.sockets) == 0 {
		f.mu.Unlock()
		return
	}
	e.deliveries++
	s := f.sockets[e.deliveries%len(f.sockets)]
	body := object{"retry_attempt": e.deliveries - 1}
	for k, v := range e.body {
		body[k] = v
	}
	f.mu.Unlock()
	_ = s.write(body) // a dead client does not acknowledge
	time.AfterFunc(f.AckWait, func() {
		f.mu.Lock()
		again := !e.acked && e.deliveries < maxDeliveries
		f.mu.Unlock()
		if again {
			f.deliver(e)
		}
	})
}

// Redeliver sends the last envelope again, as Slack does if it has seen no
// acknowledgement.
func (f *Fake) Redeliver() {
	f.mu.Lock()
	e := f.lastEnvelope
	f.mu.Unlock()
	if e != nil {
		f.deliver(e)
	}
}

// Acknowledged returns once the client has acknowledged the act.
func (a *Act) Acknowledged(ctx context.Context) error {
	return a.fake.wait(ctx, func() bool { return a.envelope.acked })
}

// Deliveries returns how often the act has been delivered.
func (a *Act) Deliveries() int {
	a.fake.mu.Lock()
	defer a.fake.mu.Unlock()
	return a.envelope.deliveries
}

// Replies returns the bot's answers through the response URL as soon as
// there are n messages.
func (a *Act) Replies(ctx context.Context, n int) ([]Message, error) {
	var out []Message
	err := a.fake.wait(ctx, func() bool {
		out = slices.Clone(a.replies)
		return len(out) >= n
	})
	return out, err
}

// say shows a reply; if instead is set, it replaces the message that it answers.
// A replaced ephemeral message stays ephemeral.
func (f *Fake) say(a *Act, m Message, to string, instead bool) Message {
	for i := range f.messages {
		if old := &f.messages[i]; instead && old.TS == a.message && old.Channel == a.channel {
			old.Text, old.Blocks, old.Edited = m.Text, m.Blocks, true
			if f.Posted != nil {
				f.Posted(*old)
			}
			return *old
		}
	}
	return f.keep(m, a.channel, to)
}

// Forget ends the act, as Slack does after half an hour, and removes its
// answers.
func (a *Act) Forget() {
	f := a.fake
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.acts, a.envelope.id)
	delete(f.envelopes, a.envelope.id)
	for _, m := range a.replies {
		f.messages = slices.DeleteFunc(f.messages, func(x Message) bool { return x.Channel == m.Channel && x.TS == m.TS })
	}
}

// serveHook serves a response URL.
func (f *Fake) serveHook(w http.ResponseWriter, r *http.Request) {
	args, err := arguments(r)
	fault, failing := f.count("response_url")
	f.mu.Lock()
	a := f.acts[r.PathValue("id")]
	var messages []Message
	var refusal object
	switch {
	case err != nil:
		refusal = refuse("invalid_payload")
	case a == nil:
		refusal = refuse("expired_url")
	case a.uses >= maxHookUses:
		refusal = refuse("used_url")
	case failing && !fault.Execute:
	default:
		a.uses++
		if messages, refusal = compose(args); refusal == nil {
			to := a.user
			if args["response_type"] == "in_channel" {
				to = ""
			}
			a.replies = append(a.replies, f.say(a, messages[0], to, args["replace_original"] == "true"))
			f.touch()
		}
	}
	f.mu.Unlock()
	switch {
	case failing:
		spoil(w, r, fault)
	case refusal != nil:
		answer(w, http.StatusNotFound, refusal)
	default:
		answer(w, http.StatusOK, object{"ok": true})
	}
}
