package slackfake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
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
)

// socketState is what the fake knows of Socket Mode; Fake.mu guards it.
type socketState struct {
	tickets      map[string]bool
	host         string // where the client found the fake, for response URLs
	sockets      []*socket
	frozen       []*socket
	envelopes    map[string]*envelope
	lastEnvelope *envelope
	acts         map[string]*Act
	serving      sync.WaitGroup
}

func (s *socketState) init() {
	s.tickets, s.envelopes, s.acts = map[string]bool{}, map[string]*envelope{}, map[string]*Act{}
}

// socket is one connection of a client.
type socket struct {
	mu     sync.Mutex // of writes
	ws     *websocket.Conn
	frozen bool // it stands, and nobody speaks or listens at this end
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
}

// Act is something that a person did to the bot: a slash command or the press
// of a button.
type Act struct {
	fake     *Fake
	envelope *envelope
	channel  string
	user     string
	uses     int
	replies  []Message
}

// openSocket is apps.connections.open: an address that works once.
func (f *Fake) openSocket(r *http.Request) object {
	f.serial++
	ticket := fmt.Sprintf("ticket-%d", f.serial)
	f.tickets[ticket] = true
	f.host = r.Host
	u := base(r)
	u.Scheme, u.Path, u.RawQuery = "ws", "/socket", "ticket="+ticket
	return object{"ok": true, "url": u.String()}
}

// serveSocket serves a connection. Its fate has the name "socket": one that
// hangs is not taken, or taken and never heard when it is executed.
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
	if s.frozen {
		f.frozen = append(f.frozen, s)
	} else {
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
	if s.write(hello) != nil {
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
			EnvelopeID string `json:"envelope_id"`
		}
		if ws.ReadJSON(&ack) != nil {
			return
		}
		f.mu.Lock()
		if e := f.envelopes[ack.EnvelopeID]; e != nil {
			e.acked = true
		}
		f.touch()
		f.mu.Unlock()
	}
}

// Close ends all connections and waits for what served them.
func (f *Fake) Close() {
	f.mu.Lock()
	for _, s := range slices.Concat(f.sockets, f.frozen) {
		_ = s.ws.Close()
	}
	for _, e := range f.envelopes {
		e.acked = true // so that nothing is delivered again
	}
	f.mu.Unlock()
	f.serving.Wait()
}

// Connected returns when a client listens.
func (f *Fake) Connected(ctx context.Context) error {
	return f.wait(ctx, func() bool { return len(f.sockets) > 0 })
}

// Disconnect tells every client why its connection ends, as Slack does before
// it ends one; "refresh_requested" is the usual reason.
func (f *Fake) Disconnect(reason string) {
	f.mu.Lock()
	sockets := slices.Clone(f.sockets)
	f.mu.Unlock()
	for _, s := range sockets {
		_ = s.write(object{"type": "disconnect", "reason": reason, "debug_info": object{"host": "fake"}}) // a dead client has disconnected
	}
}

// Freeze makes all connections stand without a word for ever.
func (f *Fake) Freeze() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.sockets {
		s.freeze()
	}
	f.frozen, f.sockets = append(f.frozen, f.sockets...), nil
}

// Cut ends all connections without a word.
func (f *Fake) Cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.sockets {
		_ = s.ws.Close()
	}
	f.sockets = nil
}

// Say gives a slash command as a person would type it: "/digest tag AI".
func (f *Fake) Say(ctx context.Context, user, channel, line string) (*Act, error) {
	command, text, _ := strings.Cut(strings.TrimSpace(line), " ")
	return f.act(ctx, user, channel, "slash_commands", func(trigger, hook string, u User, c Channel) object {
		return object{
			"token": "deprecated", "team_id": teamID, "team_domain": "fake-team", "channel_id": c.ID, "channel_name": c.Name,
			"user_id": u.ID, "user_name": u.Name, "command": command, "text": strings.TrimSpace(text), "api_app_id": appID,
			"is_enterprise_install": "false", "response_url": hook, "trigger_id": trigger,
		}
	})
}

// Press presses the newest button with that label that the user sees in a
// channel.
func (f *Fake) Press(ctx context.Context, user, channel, label string) (*Act, error) {
	m, button := f.button(user, channel, label)
	if button == nil {
		return nil, fmt.Errorf("slackfake: nobody offers a button %q to %s in %s", label, user, channel)
	}
	return f.act(ctx, user, channel, "interactive", func(trigger, hook string, u User, c Channel) object {
		action := object{"type": "button", "action_ts": m.TS}
		for _, k := range []string{"action_id", "block_id", "text", "value", "url"} {
			if button[k] != nil {
				action[k] = button[k]
			}
		}
		return object{
			"type": "block_actions", "token": "deprecated", "api_app_id": appID, "trigger_id": trigger, "response_url": hook,
			"team": object{"id": teamID, "domain": "fake-team"}, "enterprise": nil, "is_enterprise_install": false,
			"user":      object{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": teamID},
			"channel":   object{"id": c.ID, "name": c.Name},
			"container": object{"type": "message", "message_ts": m.TS, "channel_id": c.ID, "is_ephemeral": m.To != ""},
			"message":   m.object(true), "state": object{"values": object{}}, "actions": []object{action},
		}
	})
}

// Buttons are the labels of the message's buttons.
func (m Message) Buttons() (labels []string) {
	for _, b := range m.buttons() {
		labels = append(labels, label(b))
	}
	return labels
}

// buttons are the message's buttons, with the id of their block in each.
func (m Message) buttons() (all []object) {
	var blocks []struct {
		ID       string   `json:"block_id"`
		Type     string   `json:"type"`
		Elements []object `json:"elements"`
	}
	if json.Unmarshal(m.Blocks, &blocks) != nil {
		return nil // a message without blocks
	}
	for _, b := range blocks {
		for _, e := range b.Elements {
			if b.Type == "actions" {
				e["block_id"] = b.ID
				all = append(all, e)
			}
		}
	}
	return all
}

func label(button object) string {
	text, _ := button["text"].(object)
	s, _ := text["text"].(string)
	return s
}

// button finds the newest button with that label that the user sees.
func (f *Fake) button(user, channel, text string) (Message, object) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range slices.Backward(f.messages) {
		if m.Channel != channel || m.removed || m.To != "" && m.To != user {
			continue
		}
		for _, b := range m.buttons() {
			if label(b) == text {
				return m, b
			}
		}
	}
	return Message{}, nil
}

// act delivers what a person did to one of the clients, waiting for one.
func (f *Fake) act(ctx context.Context, user, channel, kind string, payload func(trigger, hook string, u User, c Channel) object) (*Act, error) {
	if err := f.Connected(ctx); err != nil {
		return nil, fmt.Errorf("slackfake: no client is connected: %w", err)
	}
	f.mu.Lock()
	u, c := f.users[user], f.channels[channel]
	if u == nil || c == nil {
		f.mu.Unlock()
		return nil, errors.New("slackfake: no such user or channel")
	}
	f.serial++
	id := fmt.Sprintf("%08d-fake", f.serial)
	trigger := fmt.Sprintf("%d.%s.trigger", f.serial, teamID)
	hook := "http://" + f.host + "/hooks/" + id
	e := &envelope{id: id, body: object{
		"type": kind, "envelope_id": id, "accepts_response_payload": true, "payload": payload(trigger, hook, *u, *c),
	}}
	a := &Act{fake: f, envelope: e, channel: channel, user: user}
	f.envelopes[id], f.acts[id], f.lastEnvelope = e, a, e
	f.mu.Unlock()
	f.deliver(e)
	return a, nil
}

// deliver sends an envelope to any one client, and again until it is
// acknowledged or has been sent often enough.
func (f *Fake) deliver(e *envelope) {
	f.mu.Lock()
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
	_ = s.write(body) // a dead client acknowledges nothing
	time.AfterFunc(f.AckWait, func() {
		f.mu.Lock()
		again := !e.acked && e.deliveries < maxDeliveries
		f.mu.Unlock()
		if again {
			f.deliver(e)
		}
	})
}

// Redeliver sends the last envelope once more, as Slack does when it has not
// seen an acknowledgement.
func (f *Fake) Redeliver() {
	f.mu.Lock()
	e := f.lastEnvelope
	f.mu.Unlock()
	if e != nil {
		f.deliver(e)
	}
}

// Acknowledged returns when the client has acknowledged the act.
func (a *Act) Acknowledged(ctx context.Context) error {
	return a.fake.wait(ctx, func() bool { return a.envelope.acked })
}

// Deliveries is how often the act has been delivered.
func (a *Act) Deliveries() int {
	a.fake.mu.Lock()
	defer a.fake.mu.Unlock()
	return a.envelope.deliveries
}

// Replies returns what the bot has answered through the response URL as soon
// as that is n messages.
func (a *Act) Replies(ctx context.Context, n int) ([]Message, error) {
	var out []Message
	err := a.fake.wait(ctx, func() bool {
		out = slices.Clone(a.replies)
		return len(out) >= n
	})
	return out, err
}

// serveHook is a response URL.
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
			a.replies = append(a.replies, f.keep(messages[0], a.channel, to))
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
