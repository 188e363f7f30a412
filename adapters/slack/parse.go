package slack

import (
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/digestbot/digestbot/adapters/slack/internal/render"
	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
	"github.com/digestbot/digestbot/bot/chat"
)

// kind is the kind of a user's action.
type kind uint8

const (
	nothing    kind = iota // needs no answer, such as following a link
	command                // a typed command
	press                  // a button or a choice
	typing                 // in a menu whose choices come from the server
	submission             // a form
	homeOpened             // the App Home
)

// parser parses Slack's messages about users' actions.
type parser struct {
	adapter string
	root    chat.Command
}

// incoming is a user's action with the means to answer it.
type incoming struct {
	kind      kind
	at        time.Time
	request   chat.Request
	ids       []string // a repeated delivery has the same ones
	reply     string   // response URL; views have none
	trigger   string   // opens a form
	ephemeral bool     // pressed in a message that nobody else sees
	view      view     // the view in which it happened
}

// view is a form or the App Home, as Slack sends it to the bot.
type view struct {
	ID    string `json:"id"`
	Type  string `json:"type"`
	Title struct {
		Text string `json:"text"`
	} `json:"title"`
	Metadata string `json:"private_metadata"`
	Blocks   []struct {
		Type string `json:"type"`
		ID   string `json:"block_id"`
	} `json:"blocks"`
	State struct {
		Values map[string]map[string]struct {
			Value    string   `json:"value"`
			Selected selected `json:"selected_option"`
		} `json:"values"`
	} `json:"state"`
}

type selected struct {
	Value string `json:"value"`
}

func (v view) notes() (n render.Notes) {
	_ = json.Unmarshal([]byte(v.Metadata), &n) // a view of another app has none
	return n
}

// interaction is what Slack sends for all actions except commands and events.
type interaction struct {
	Type    string `json:"type"`
	Trigger string `json:"trigger_id"`
	Reply   string `json:"response_url"`
	User    struct {
		ID       string `json:"id"`
		Name     string `json:"name"`
		Username string `json:"username"`
	} `json:"user"`
	Channel struct {
		ID string `json:"id"`
	} `json:"channel"`
	Container struct {
		Ephemeral bool `json:"is_ephemeral"`
	} `json:"container"`
	View    *view `json:"view"`
	Actions []struct {
		Value    string   `json:"value"`
		Selected selected `json:"selected_option"`
	} `json:"actions"`
	// Of a shortcut on a message: its id, and the message.
	Callback string `json:"callback_id"`
	Message  struct {
		TS string `json:"ts"`
	} `json:"message"`
	// Of a menu with typed text.
	ActionID string `json:"action_id"`
	Value    string `json:"value"`
}

// parseInteraction parses a button press, a choice, a shortcut on a message, text
// typed in a menu, or a submitted form.
func (p parser) parseInteraction(data []byte) (incoming, error) {
	var i interaction
	if err := json.Unmarshal(data, &i); err != nil {
		return incoming{}, err
	}
	in := incoming{reply: i.Reply, trigger: i.Trigger, ephemeral: i.Container.Ephemeral}
	if i.View != nil {
		in.view = *i.View
	}
	r := &in.request
	r.ID = i.Trigger
	r.Channel = chat.Channel{Adapter: p.adapter, ID: i.Channel.ID}
	r.User = chat.User{ID: i.User.ID, Name: i.User.Name}
	if r.User.Name == "" {
		r.User.Name = i.User.Username
	}
	n := in.view.notes()
	if r.Channel.ID == "" {
		r.Channel.ID = n.Channel
	}
	if r.Channel.ID == "" {
		r.Channel = directTo(p.adapter, r.User.ID)
	}
	switch {
	case r.User.ID == "":
	case i.Type == "block_actions" && len(i.Actions) > 0:
		r.Line = i.Actions[0].Value
		if r.Line == "" {
			r.Line = i.Actions[0].Selected.Value
		}
		if r.Line != "" {
			in.kind = press
		}
	case i.Type == "message_action":
		for _, verb := range p.root.Pointing() {
			if verb.Name == i.Callback && i.Message.TS != "" {
				in.kind, r.Line = press, p.root.Pointed(verb, i.Message.TS)
			}
		}
	case i.Type == "block_suggestion":
		if line, ok := render.MoreOf(i.ActionID); ok {
			in.kind, r.Line = typing, line+" "+i.Value
		}
	case i.Type == "view_submission" && len(n.Words) > 0:
		in.kind, r.Line = submission, in.view.form(n.Words)
	}
	return in, nil
}

// form returns the command line equivalent to a submitted form.
func (v view) form(words []string) string {
	f := chat.Form{Words: words}
	values := map[string]string{}
	for _, b := range v.Blocks {
		if b.Type != "input" {
			continue
		}
		for action, state := range v.State.Values[b.ID] {
			field := chat.Field{Arg: b.ID}
			if action == render.HadValue {
				field.Value = action
			}
			f.Fields = append(f.Fields, field)
			values[b.ID] = state.Value + state.Selected.Value // only one of them is set
			break
		}
	}
	return f.Line(values)
}

// parseCommand parses a slash command with the fields that get returns. The
// command may have another name in this workspace.
func (p parser) parseCommand(get func(string) string) incoming {
	in := incoming{kind: command, reply: get("response_url"), trigger: get("trigger_id")}
	in.request = chat.Request{
		ID: in.trigger, Line: strings.TrimSpace("/" + p.root.Name + " " + p.typed(get("text"))),
		Channel: chat.Channel{Adapter: p.adapter, ID: get("channel_id")},
		User:    chat.User{ID: get("user_id"), Name: get("user_name")},
	}
	if in.request.User.ID == "" || in.request.Channel.ID == "" {
		in.kind = nothing
	}
	return in
}

// escaped matches Slack's escaped form of names and addresses in the text of a command,
// if the app has escaping turned on
// (https://docs.slack.dev/interactivity/implementing-slash-commands#creating_commands).
var escaped = regexp.MustCompile(`<([@#!]|https?:|mailto:)([^<>|\s]*)(?:\|([^<>]*))?>`)

var unescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// typed returns the text of a command as it was typed. A channel is
// converted to the form that chat.ParseChannel reads.
func (p parser) typed(text string) string {
	if strings.Contains(text, "<") {
		text = escaped.ReplaceAllStringFunc(text, func(s string) string {
			match := escaped.FindStringSubmatch(s)
			sign, id, name := match[1], match[2], match[3]
			switch {
			case sign == "#" && CheckChannel(id) == nil:
				return chat.Channel{Adapter: p.adapter, ID: id}.String()
			case sign == "#":
				return s
			case sign == "@" && name != "":
				return "@" + strings.TrimPrefix(name, "@")
			case sign == "@" && id != "":
				return "@" + id
			case sign == "!" && name != "":
				return name
			case sign == "!" && id != "":
				return "@" + id
			case name != "":
				return name
			case sign == "mailto:":
				return id
			case len(sign) > 1:
				return sign + id
			}
			return s
		})
	}
	if strings.Contains(text, "&") {
		text = unescaper.Replace(text)
	}
	return text
}

// event is a message of the Events API.
type event struct {
	Type      string `json:"type"`
	Challenge string `json:"challenge"`
	ID        string `json:"event_id"`
	Event     struct {
		Type    string `json:"type"`
		User    string `json:"user"`
		Channel string `json:"channel"`
		Tab     string `json:"tab"`
	} `json:"event"`
}

// parseEvent parses an event. Only opening the App Home requires an action.
func (p parser) parseEvent(data []byte) (in incoming, e event, err error) {
	if err := json.Unmarshal(data, &e); err != nil {
		return in, e, err
	}
	if e.Event.Type != "app_home_opened" || e.Event.Tab == "messages" || e.Event.User == "" {
		return in, e, nil
	}
	in.kind = homeOpened
	in.request = chat.Request{ID: e.ID, Line: p.home(), Channel: directTo(p.adapter, e.Event.User), User: chat.User{ID: e.Event.User}}
	return in, e, nil
}

// home returns the command line for a user who opens the App Home: the newest
// digest if there is no verb for the home page.
func (p parser) home() string {
	line := chat.Line(p.root.Name, "home")
	if _, err := p.root.Parse(line); err != nil {
		return chat.Line(p.root.Name, "latest")
	}
	return line
}

// parseForm parses a form posted by Slack: a command or, in its payload, an
// interaction.
func (p parser) parseForm(body string) (incoming, error) {
	f, err := url.ParseQuery(body)
	switch {
	case err != nil:
		return incoming{}, err
	case f.Get("payload") != "":
		return p.parseInteraction([]byte(f.Get("payload")))
	case f.Get("command") != "":
		return p.parseCommand(f.Get), nil
	}
	return incoming{}, errors.New("it is neither a command nor an interaction")
}

// parseEnvelope parses a message on a Socket Mode connection.
func (p parser) parseEnvelope(e wire.Envelope) (in incoming, err error) {
	switch e.Type {
	case "slash_commands":
		var fields map[string]any // one of them is a boolean in some workspaces
		if err = json.Unmarshal(e.Payload, &fields); err == nil {
			in = p.parseCommand(func(name string) string {
				s, _ := fields[name].(string)
				return s
			})
		}
	case "interactive":
		in, err = p.parseInteraction(e.Payload)
	case "events_api":
		in, _, err = p.parseEvent(e.Payload)
	}
	return in, err
}

// parsePosted parses an HTTP request by Slack, which may be a challenge to
// be echoed (https://docs.slack.dev/reference/events/url_verification).
func (p parser) parsePosted(contentType string, body []byte) (in incoming, challenge string, err error) {
	if strings.HasPrefix(contentType, "application/json") {
		in, e, err := p.parseEvent(body)
		if err == nil && e.Type == "url_verification" {
			challenge = e.Challenge
		}
		return in, challenge, err
	}
	in, err = p.parseForm(string(body))
	return in, "", err
}
