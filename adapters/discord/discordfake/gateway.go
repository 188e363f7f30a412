package discordfake

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const gatewayPath = "/gateway-socket"

// GatewayFault is what happens to the next gateway connection: one of the
// constants, or a close code of at least 4000 in answer to IDENTIFY.
type GatewayFault int

// The faults of the gateway.
const (
	Fine             GatewayFault = iota
	NoHandshake                   // the TCP connection is accepted, and nothing is ever sent
	NoHello                       // the WebSocket is accepted, and nothing is ever sent
	ReconnectFirst                // op 7 instead of READY
	InvalidSession                // op 9 instead of READY or RESUMED
	SessionMayResume              // the same, but the session can be resumed
	NoReady                       // heartbeats are acknowledged, and nothing else is ever sent
	NoAck                         // heartbeats are not acknowledged
	MissedAlone                   // RESUME brings the missed events but no RESUMED
	HelloTwice                    // a second HELLO instead of READY or RESUMED
)

// session is the state that RESUME continues.
type session struct {
	id     string
	events []event
	link   *link // nil while nobody is connected
}

type event struct {
	Op   int    `json:"op"`
	Data any    `json:"d"`
	Seq  int    `json:"s,omitempty"`
	Type string `json:"t,omitempty"`
}

// link is one connection of a bot.
type link struct {
	conn *websocket.Conn
	mu   sync.Mutex // one writer at a time
}

func (l *link) send(e event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conn.WriteJSON(e)
}

func (l *link) close(code int, words string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.conn.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(code, words))
	_ = l.conn.Close()
}

// FailGateway sets the faults of the next connections, one each.
func (f *Fake) FailGateway(faults ...GatewayFault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.greetings = append(f.greetings, faults...)
}

// SetHello sets the data of every HELLO from now on; nil restores the default.
func (f *Fake) SetHello(data json.RawMessage) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hello = data
}

// SetAdvice sets the answer to GET /gateway/bot from now on, except for the
// url; nil restores the default.
func (f *Fake) SetAdvice(members map[string]any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.advice = members
}

// MuteResume leaves every RESUME unanswered from now on.
func (f *Fake) MuteResume() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mute = true
}

// Connected reports whether a bot is connected to the gateway and ready.
func (f *Fake) Connected() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.linked()
}

// Drop cuts the bot's connection. The session can be resumed.
func (f *Fake) Drop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.linked() {
		_ = f.current.link.conn.Close()
		f.current.link = nil
	}
}

// AskToReconnect sends op 7 to the bot.
func (f *Fake) AskToReconnect() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.linked() {
		return errNobody
	}
	return f.current.link.send(event{Op: 7})
}

// linked reports whether a client is connected to the session. The caller holds mu.
func (f *Fake) linked() bool { return f.current != nil && f.current.link != nil }

// ForgetSessions makes every RESUME fail.
func (f *Fake) ForgetSessions() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sessions = map[string]*session{}
}

var errNobody = fmt.Errorf("gateway: no bot is connected")

func (f *Fake) getGateway(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	said := map[string]any{
		"url": socketURL(r), "shards": 1,
		"session_start_limit": map[string]any{"total": 1000, "remaining": f.starts, "reset_after": 200, "max_concurrency": 1},
	}
	if f.advice != nil {
		said = maps.Clone(f.advice)
		said["url"] = socketURL(r)
	}
	reply(w, http.StatusOK, said)
}

func socketURL(r *http.Request) string { return "ws://" + r.Host + gatewayPath }

var upgrader = websocket.Upgrader{}

// serveGateway serves one connection: HELLO, IDENTIFY or RESUME, then heartbeats.
// https://docs.discord.com/developers/events/gateway
func (f *Fake) serveGateway(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	fate := Fine
	if len(f.greetings) > 0 {
		fate, f.greetings = f.greetings[0], f.greetings[1:]
	}
	var hello any = map[string]any{"heartbeat_interval": f.Heartbeat.Milliseconds()}
	if f.hello != nil {
		hello = f.hello
	}
	f.counts["CONNECT"]++
	f.mu.Unlock()
	if fate == NoHandshake {
		<-r.Context().Done()
		return
	}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	l := &link{conn: conn}
	if fate != NoHello {
		if l.send(event{Op: 10, Data: hello}) != nil {
			return
		}
	}
	for {
		var in struct {
			Op   int             `json:"op"`
			Data json.RawMessage `json:"d"`
		}
		if err := conn.ReadJSON(&in); err != nil {
			f.leave(l, websocket.IsCloseError(err, 1000, 1001))
			return
		}
		switch in.Op {
		case 1:
			f.mu.Lock()
			f.counts["HEARTBEAT"]++
			f.mu.Unlock()
			if fate != NoAck {
				_ = l.send(event{Op: 11})
			}
		case 2, 6:
			if !f.enter(l, in.Op, in.Data, fate, socketURL(r)) {
				return
			}
		default:
			l.close(4001, "Unknown opcode.")
			return
		}
	}
}

// leave detaches a connection from its session; a normal close ends the session.
func (f *Fake) leave(l *link, normal bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, s := range f.sessions {
		if s.link == l {
			s.link = nil
			if normal {
				delete(f.sessions, id)
			}
		}
	}
	if f.linked() && f.current.link == l {
		f.current.link = nil
	}
}

// enter answers IDENTIFY (op 2) and RESUME (op 6) and reports whether the
// connection continues.
func (f *Fake) enter(l *link, op int, data json.RawMessage, fate GatewayFault, url string) bool {
	var in struct {
		Token      string         `json:"token"`
		Session    string         `json:"session_id"`
		Seq        int            `json:"seq"`
		Intents    *int           `json:"intents"`
		Properties map[string]any `json:"properties"`
	}
	if err := json.Unmarshal(data, &in); err != nil || op == 2 && (in.Intents == nil || in.Properties == nil) {
		l.close(4002, "Error while decoding payload.")
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	name := map[int]string{2: "IDENTIFY", 6: "RESUME"}[op]
	f.counts[name]++
	f.watch("gateway  %s", name)
	hasty := false
	if op == 2 {
		f.starts--
		// https://docs.discord.com/developers/events/gateway#rate-limiting
		hasty = time.Since(f.identified) < f.IdentifyGap
		f.identified = time.Now()
	}
	switch {
	case fate >= 4000:
		l.close(int(fate), "")
		return false
	case in.Token != f.Token && in.Token != "Bot "+f.Token:
		l.close(4004, "Authentication failed.")
		return false
	case hasty:
		f.counts["HASTY"]++
		_ = l.send(event{Op: 9, Data: false})
		return true
	case fate == NoReady, op == 6 && f.mute:
		return true
	case fate == HelloTwice:
		_ = l.send(event{Op: 10, Data: map[string]any{"heartbeat_interval": f.Heartbeat.Milliseconds()}})
		return true
	case fate == ReconnectFirst:
		_ = l.send(event{Op: 7})
		return true
	case fate == InvalidSession, fate == SessionMayResume:
		_ = l.send(event{Op: 9, Data: fate == SessionMayResume})
		return true
	}
	if op == 6 {
		s := f.sessions[in.Session]
		if s == nil || in.Seq > len(s.events) {
			_ = l.send(event{Op: 9, Data: false})
			return true
		}
		s.link, f.current = l, s
		for _, e := range s.events[in.Seq:] {
			_ = l.send(e)
		}
		if fate == MissedAlone {
			return true
		}
		s.dispatch("RESUMED", map[string]any{})
		return true
	}
	s := &session{id: f.newID(time.Now()), link: l}
	f.sessions[s.id], f.current = s, s
	guilds := []map[string]any{}
	seen := map[string]bool{}
	for _, c := range f.channels {
		if c.Guild != "" && !seen[c.Guild] {
			seen[c.Guild] = true
			guilds = append(guilds, map[string]any{"id": c.Guild, "unavailable": true})
		}
	}
	s.dispatch("READY", map[string]any{
		"v": 10, "user": map[string]any{"id": BotID, "username": BotName, "bot": true}, "guilds": guilds,
		"session_id": s.id, "resume_gateway_url": url, "application": map[string]any{"id": AppID, "flags": 0},
	})
	return true
}

// dispatch sends an event to the connected client and keeps it for a RESUME.
func (s *session) dispatch(kind string, data any) {
	e := event{Op: 0, Data: data, Seq: len(s.events) + 1, Type: kind}
	s.events = append(s.events, e)
	if s.link != nil {
		_ = s.link.send(e)
	}
}
