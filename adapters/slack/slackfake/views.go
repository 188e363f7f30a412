package slackfake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// Limits of views (https://docs.slack.dev/reference/views).
const (
	maxViewBlocks = 100
	maxViewTitle  = 24
	maxMetadata   = 3000
	maxViewBytes  = 250_000
	triggerFor    = 3 * time.Second
	ackFor        = 3 * time.Second
)

// View is a modal or an App Home.
type View struct {
	ID, Type, Title string
	// User is the user who sees it.
	User     string
	Metadata string
	Blocks   json.RawMessage

	frame  object // as received
	closed bool
}

// JSON returns the view as an object with blocks.
func (v View) JSON() []byte {
	data, err := json.Marshal(object{"blocks": v.Blocks})
	if err != nil {
		panic(err) // they were JSON
	}
	return data
}

// viewState is the state of views; Fake.mu guards it.
type viewState struct {
	triggers map[string]*trigger
	views    []*View
}

// trigger allows the bot to open a view, once and soon after a person's act.
type trigger struct {
	user string
	at   time.Time
	used bool
}

// trigger creates a trigger. The mutex must be held.
func (f *Fake) trigger(user string) string {
	f.serial++
	id := fmt.Sprintf("%d.%s.trigger", f.serial, teamID)
	f.triggers[id] = &trigger{user: user, at: time.Now()}
	return id
}

// readView parses a view and refuses what Slack would.
func readView(text, kind string) (*View, object) {
	if len(text) > maxViewBytes {
		return nil, refuse("view_too_large")
	}
	var frame object
	if err := json.Unmarshal([]byte(text), &frame); err != nil {
		return nil, refuse("invalid_arguments", "[ERROR] view is no JSON")
	}
	c := checker{input: true}
	if frame["type"] != kind {
		c.wrong("/view/type", "must be %s", kind)
	}
	blocks, _ := json.Marshal(frame["blocks"])
	kept, refusal := c.blocks(string(blocks), maxViewBlocks)
	if refusal != nil {
		return nil, refusal
	}
	if kind == "modal" {
		c.text("/view/title", frame["title"], maxViewTitle, "plain_text")
		for _, name := range []string{"submit", "close"} {
			if frame[name] != nil {
				c.text("/view/"+name, frame[name], maxViewTitle, "plain_text")
			}
		}
		if c.inputs && frame["submit"] == nil {
			c.wrong("/view", "must define `submit` to use an input block in modals")
		}
	}
	metadata, _ := frame["private_metadata"].(string)
	if utf8.RuneCountInString(metadata) > maxMetadata {
		c.wrong("/view/private_metadata", "must be less than %d characters", maxMetadata+1)
	}
	if len(c.problems) > 0 {
		return nil, refuse("invalid_arguments", c.problems...)
	}
	return &View{Type: kind, Title: words(frame["title"]), Metadata: metadata, Blocks: kept, frame: frame}, nil
}

func (f *Fake) openView(args map[string]string) object {
	t := f.triggers[args["trigger_id"]]
	switch {
	case t == nil:
		return refuse("invalid_trigger_id")
	case t.used:
		return refuse("exchanged_trigger_id")
	case time.Since(t.at) > triggerFor:
		return refuse("expired_trigger_id")
	}
	v, refusal := readView(args["view"], "modal")
	if refusal != nil {
		return refusal
	}
	t.used = true
	f.serial++
	v.ID, v.User = fmt.Sprintf("V%09d", f.serial), t.user
	f.views = append(f.views, v)
	return f.shown(v)
}

// awaitAnswer waits until the client's answer to the submission of a view has been
// handled, because it arrives on another connection than the update that follows it.
// An update that arrives first waits as long as Slack waits for the answer.
func (f *Fake) awaitAnswer(ctx context.Context, view string) {
	ctx, cancel := context.WithTimeout(ctx, ackFor)
	defer cancel()
	_ = f.wait(ctx, func() bool { // the view is updated anyway
		for _, a := range f.acts {
			payload, _ := a.envelope.body["payload"].(object)
			if a.view != nil && a.view.ID == view && payload["type"] == "view_submission" && !a.envelope.acked {
				return false
			}
		}
		return true
	})
}

func (f *Fake) updateView(args map[string]string) object {
	i := slices.IndexFunc(f.views, func(v *View) bool { return v.ID == args["view_id"] && !v.closed })
	if i < 0 {
		return refuse("not_found")
	}
	v, refusal := readView(args["view"], f.views[i].Type)
	if refusal != nil {
		return refusal
	}
	v.ID, v.User = f.views[i].ID, f.views[i].User
	f.views[i] = v
	return f.shown(v)
}

func (f *Fake) publishView(args map[string]string) object {
	if f.users[args["user_id"]] == nil {
		return refuse("user_not_found")
	}
	v, refusal := readView(args["view"], "home")
	if refusal != nil {
		return refusal
	}
	v.ID, v.User = "V"+args["user_id"], args["user_id"]
	f.views = append(slices.DeleteFunc(f.views, func(old *View) bool { return old.ID == v.ID }), v)
	return f.shown(v)
}

func (f *Fake) shown(v *View) object {
	if f.Viewed != nil {
		f.Viewed(*v)
	}
	return object{"ok": true, "view": v.object()}
}

func (v *View) object() object {
	o := object{"id": v.ID, "team_id": teamID, "type": v.Type, "private_metadata": v.Metadata, "callback_id": "", "hash": "1.fake", "bot_id": botID, "app_id": appID}
	for _, name := range []string{"title", "submit", "close"} {
		o[name] = v.frame[name]
	}
	o["blocks"] = v.Blocks
	return o
}

// Modal returns the modal that a user sees, as soon as there is one for which good,
// if not nil, returns true.
func (f *Fake) Modal(ctx context.Context, user string, good func(View) bool) (View, error) {
	return f.sees(ctx, user, "modal", good)
}

// Home returns the App Home that a user sees, like Modal.
func (f *Fake) Home(ctx context.Context, user string, good func(View) bool) (View, error) {
	return f.sees(ctx, user, "home", good)
}

func (f *Fake) sees(ctx context.Context, user, kind string, good func(View) bool) (seen View, err error) {
	err = f.wait(ctx, func() bool {
		v := f.newest(user, kind)
		if v == nil || good != nil && !good(*v) {
			return false
		}
		seen = *v
		return true
	})
	return seen, err
}

// newest returns the newest view of a kind that a user sees. The mutex must be held.
func (f *Fake) newest(user, kind string) *View {
	for _, v := range slices.Backward(f.views) {
		if v.User == user && v.Type == kind && !v.closed {
			return v
		}
	}
	return nil
}

// OpenHome opens the App Home.
func (f *Fake) OpenHome(ctx context.Context, user string) (*Act, error) {
	return f.act(ctx, Act{user: user}, "events_api", func(_, _ string, u User, _ Channel) object {
		return object{
			"type": "event_callback", "token": "deprecated", "team_id": teamID, "api_app_id": appID,
			"event_id": fmt.Sprintf("Ev%09d", f.serial), "event_time": time.Now().Unix(),
			"event": object{"type": "app_home_opened", "user": u.ID, "channel": Direct(u.ID), "tab": "home", "event_ts": "1.000001"},
		}
	})
}

// PressIn presses a button in the user's current view of a kind ("modal",
// "home").
func (f *Fake) PressIn(ctx context.Context, user, kind, label string) (*Act, error) {
	f.mu.Lock()
	v := f.newest(user, kind)
	f.mu.Unlock()
	if v == nil {
		return nil, fmt.Errorf("slackfake: %s sees no %s", user, kind)
	}
	for _, e := range elements(v.Blocks) {
		if e["type"] == "button" && words(e["text"]) == label {
			return f.act(ctx, Act{user: user, view: v}, "interactive", func(trigger, _ string, u User, _ Channel) object {
				o := interactionOf(trigger, u, pressed(e))
				o["view"], o["container"] = v.object(), object{"type": "view", "view_id": v.ID}
				return o
			})
		}
	}
	return nil, fmt.Errorf("slackfake: the %s has no button %q", kind, label)
}

// Fill fills in the fields of the user's current modal, by their labels, and
// submits it. Other fields stay as they are.
func (f *Fake) Fill(ctx context.Context, user string, values map[string]string) (*Act, error) {
	f.mu.Lock()
	v := f.newest(user, "modal")
	f.mu.Unlock()
	if v == nil {
		return nil, fmt.Errorf("slackfake: %s sees no modal", user)
	}
	var blocks []object
	if err := json.Unmarshal(v.Blocks, &blocks); err != nil {
		return nil, err
	}
	state, filled := object{}, 0
	for _, b := range blocks {
		e, _ := b["element"].(object)
		if b["type"] != "input" {
			continue
		}
		label := words(b["label"])
		value, given := values[label]
		if given {
			filled++
		}
		entry := object{"type": e["type"]}
		if e["type"] == "static_select" {
			entry["selected_option"] = e["initial_option"]
			if given {
				entry["selected_option"] = nil
				for _, o := range objects(e["options"]) {
					if words(o["text"]) == value {
						entry["selected_option"] = o
					}
				}
				if value != "" && entry["selected_option"] == nil {
					return nil, fmt.Errorf("slackfake: the field %q has no choice %q", label, value)
				}
			}
			given = entry["selected_option"] != nil
		} else {
			if !given {
				value, _ = e["initial_value"].(string)
			}
			entry["value"] = nil
			if given = value != ""; given {
				entry["value"] = value
			}
		}
		if optional, _ := b["optional"].(bool); !given && !optional {
			return nil, fmt.Errorf("slackfake: the field %q is required", label)
		}
		id, _ := b["block_id"].(string)
		action, _ := e["action_id"].(string)
		state[id] = object{action: entry}
	}
	if filled < len(values) {
		return nil, errors.New("slackfake: the modal has not all of these fields")
	}
	return f.act(ctx, Act{user: user, view: v}, "interactive", func(trigger, _ string, u User, _ Channel) object {
		shown := v.object()
		shown["state"] = object{"values": state}
		return object{
			"type": "view_submission", "token": "deprecated", "api_app_id": appID, "trigger_id": trigger,
			"team": object{"id": teamID, "domain": "fake-team"}, "user": object{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": teamID},
			"view": shown, "response_urls": []object{}, "is_enterprise_install": false, "enterprise": nil,
		}
	})
}

// submitted updates a modal according to the answer to its submission. The
// mutex must be held.
func (f *Fake) submitted(a *Act, answer []byte) {
	var said struct {
		Action string          `json:"response_action"`
		View   json.RawMessage `json:"view"`
	}
	if json.Unmarshal(answer, &said) != nil || said.Action != "update" {
		return // Slack would show an error
	}
	i := slices.IndexFunc(f.views, func(v *View) bool { return v.ID == a.view.ID })
	v, refusal := readView(string(said.View), "modal")
	if i < 0 || refusal != nil {
		return
	}
	v.ID, v.User = f.views[i].ID, f.views[i].User
	f.views[i] = v
	f.shown(v)
}
