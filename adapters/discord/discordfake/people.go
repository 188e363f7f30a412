package discordfake

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Person is somebody who uses the bot.
type Person struct {
	ID, Name, Locale string
	// Permissions are the bits that the person has in the channel, for
	// example Admin.
	Permissions uint64
}

// Interaction is a command, a pressed button or an unfinished option on its
// way to the bot and back.
type Interaction struct {
	ID    string
	token string
	event map[string]any
	at    time.Time
	fake  *Fake

	acked   bool
	visible bool // the first answer stands, not only "thinking…"
	private bool
	replies []json.RawMessage
	choices []Choice
	changed chan struct{} // closed and replaced at every change
}

// Choice is a suggestion for an option.
type Choice struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Token is what the bot answers with; it is as secret as the bot's own.
func (i *Interaction) Token() string { return i.token }

// Answer is what the person sees.
type Answer struct {
	Replies []json.RawMessage
	Choices []Choice
	// Private answers are seen by nobody else.
	Private bool
}

// The types of interactions.
const (
	typeCommand      = 2
	typeComponent    = 3
	typeAutocomplete = 4
)

// Say gives a slash command as it is typed, for example "/digest tag AI".
// Options take a word each, the last one the rest.
func (f *Fake) Say(p Person, channelID, line string) (*Interaction, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	data, err := f.typed(channelID, line, false)
	if err != nil {
		return nil, err
	}
	return f.interact(p, channelID, typeCommand, data)
}

// Type asks for suggestions for the option at the end of an unfinished line.
func (f *Fake) Type(p Person, channelID, line string) (*Interaction, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	data, err := f.typed(channelID, line, true)
	if err != nil {
		return nil, err
	}
	return f.interact(p, channelID, typeAutocomplete, data)
}

// Press presses the button with that label under the newest message that has one.
func (f *Fake) Press(p Person, channelID, label string) (*Interaction, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.channels[channelID]
	if c == nil {
		return nil, fmt.Errorf("channel %s: unknown", channelID)
	}
	for _, m := range slices.Backward(c.messages) {
		var b body
		_ = json.Unmarshal(m.Body, &b)
		for _, row := range b.Components {
			for _, button := range row.Components {
				if button.Label == label && !button.Disabled {
					return f.interact(p, channelID, typeComponent, map[string]any{"custom_id": button.CustomID, "component_type": 2})
				}
			}
		}
	}
	return nil, fmt.Errorf("button %q: there is none", label)
}

// Redeliver sends an interaction once more, as after a lost connection.
func (f *Fake) Redeliver(i *Interaction) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	guild, _ := i.event["guild_id"].(string)
	s := f.current[f.shardOf(guild)]
	if s == nil {
		return errNobody
	}
	s.dispatch("INTERACTION_CREATE", i.event)
	return nil
}

// typed reads a line as the application's commands have it.
func (f *Fake) typed(channelID, line string, unfinished bool) (map[string]any, error) {
	c := f.channels[channelID]
	if c == nil {
		return nil, fmt.Errorf("channel %s: unknown", channelID)
	}
	words := strings.Fields(strings.TrimPrefix(line, "/"))
	if unfinished && strings.HasSuffix(line, " ") {
		words = append(words, "")
	}
	options := slices.Concat(f.commands[c.Guild], f.commands[""])
	root := map[string]any{}
	at := root
	for depth := 0; len(words) > 0; depth++ {
		i := slices.IndexFunc(options, func(o command) bool { return o.Name == words[0] && (depth == 0 || o.Type <= 2) })
		if i < 0 {
			break
		}
		found := options[i]
		if depth > 0 {
			next := map[string]any{}
			at["options"] = []any{next}
			at = next
		}
		at["name"], at["type"] = found.Name, found.Type
		if depth == 0 {
			at["id"] = found.ID
		}
		options, words = found.Options, words[1:]
	}
	if len(root) == 0 {
		return nil, fmt.Errorf("command %q: not registered", line)
	}
	var given []any
	for i, o := range options {
		if o.Type <= 2 {
			return nil, fmt.Errorf("command %q: a subcommand is missing", line)
		}
		if len(words) == 0 {
			if o.Required && !unfinished {
				return nil, fmt.Errorf("command %q: option %s is missing", line, o.Name)
			}
			break
		}
		value := words[0]
		words = words[1:]
		if i == len(options)-1 {
			value = strings.Join(append([]string{value}, words...), " ")
			words = nil
		}
		option := map[string]any{"name": o.Name, "type": o.Type, "value": value}
		if unfinished && len(words) == 0 {
			option["focused"] = true
		}
		given = append(given, option)
	}
	if len(words) > 0 {
		return nil, fmt.Errorf("command %q: %q is too much", line, words)
	}
	if given != nil {
		at["options"] = given
	}
	return root, nil
}

func (f *Fake) interact(p Person, channelID string, kind int, data map[string]any) (*Interaction, error) {
	guild := f.channels[channelID].Guild
	s := f.current[f.shardOf(guild)]
	if s == nil || s.link == nil {
		return nil, errNobody
	}
	now := time.Now()
	i := &Interaction{ID: f.newID(now), token: "aW50ZXJhY3Rpb24" + f.newID(now), at: now, fake: f, changed: make(chan struct{})}
	f.interactions[i.token] = i
	user := map[string]any{"id": p.ID, "username": p.Name}
	i.event = map[string]any{
		"id": i.ID, "application_id": AppID, "type": kind, "data": data, "token": i.token, "version": 1,
		"channel_id": channelID, "locale": p.Locale, "app_permissions": "84992", "entitlements": []any{},
		"authorizing_integration_owners": map[string]any{},
	}
	if guild != "" {
		i.event["guild_id"], i.event["guild_locale"], i.event["context"] = guild, "en-US", 0
		i.event["member"] = map[string]any{"user": user, "permissions": strconv.FormatUint(p.Permissions, 10), "roles": []any{}, "joined_at": "2026-01-01T00:00:00Z"}
	} else {
		i.event["user"], i.event["context"] = user, 1
	}
	f.watch("%s  #%s  %s", map[int]string{typeCommand: "command", typeComponent: "button", typeAutocomplete: "typing"}[kind], channelID, p.Name)
	s.dispatch("INTERACTION_CREATE", i.event)
	return i, nil
}

// Wait gives the answer once it has at least that many replies, or choices.
// The error of ctx comes with what there is.
func (i *Interaction) Wait(ctx context.Context, replies int) (Answer, error) {
	for {
		i.fake.mu.Lock()
		a := Answer{Replies: slices.Clone(i.replies), Choices: i.choices, Private: i.private}
		done, changed := i.visible && len(i.replies) >= replies, i.changed
		i.fake.mu.Unlock()
		if done {
			return a, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return a, fmt.Errorf("interaction: no answer: %w", ctx.Err())
		}
	}
}

func (i *Interaction) change() {
	close(i.changed)
	i.changed = make(chan struct{})
}

const ephemeral = 1 << 6

// callback takes the first answer to an interaction.
// https://docs.discord.com/developers/interactions/receiving-and-responding
func (f *Fake) callback(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Type int             `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	if _, ok := read(w, r, &in); !ok {
		return
	}
	var b body
	var offered struct {
		Choices []Choice `json:"choices"`
	}
	if len(in.Data) > 0 {
		if json.Unmarshal(in.Data, &b) != nil || json.Unmarshal(in.Data, &offered) != nil {
			refuse(w, http.StatusBadRequest, 50035, "Invalid Form Body")
			return
		}
	}
	if (in.Type == 4 || in.Type == 7) && !good(w, b) {
		return
	}
	p := problems{}
	if len(offered.Choices) > 25 {
		p.add("data.choices", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
	}
	for n, c := range offered.Choices {
		at := fmt.Sprintf("data.choices.%d.", n)
		if p.max(at+"name", c.Name, 100) == 0 || p.max(at+"value", c.Value, 100) == 0 {
			p.add(at+"name", "BASE_TYPE_REQUIRED", "This field is required")
		}
	}
	if len(p) > 0 {
		refuseForm(w, p)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.interactions[r.PathValue("token")]
	switch {
	case i == nil || i.ID != r.PathValue("id") || !i.acked && time.Since(i.at) > f.AckLimit:
		refuse(w, http.StatusNotFound, 10062, "Unknown interaction")
		return
	case i.acked:
		refuse(w, http.StatusBadRequest, 40060, "Interaction has already been acknowledged.")
		return
	case in.Type < 4 || in.Type > 8:
		refuse(w, http.StatusBadRequest, 50035, "Invalid Form Body")
		return
	}
	i.acked, i.private = true, b.Flags&ephemeral != 0
	switch in.Type {
	case 4, 7:
		i.visible, i.replies = true, []json.RawMessage{in.Data}
		f.watch("reply  %s  %s", privacy(i), b.outline())
	case 8:
		i.visible, i.choices = true, offered.Choices
		f.watch("choices  %v", offered.Choices)
	default:
		f.watch("ack  %s", privacy(i))
	}
	i.change()
	w.WriteHeader(http.StatusNoContent)
}

func privacy(i *Interaction) string {
	if i.private {
		return "private"
	}
	return "public"
}

// followUp edits the first answer (PATCH @original) or adds one (POST).
func (f *Fake) followUp(w http.ResponseWriter, r *http.Request) {
	var b body
	raw, ok := read(w, r, &b)
	if !ok || !good(w, b) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.interactions[r.PathValue("token")]
	if i == nil || !i.acked || r.PathValue("app") != AppID || time.Since(i.at) > 15*time.Minute {
		refuse(w, http.StatusNotFound, 10015, "Unknown Webhook")
		return
	}
	if r.Method == http.MethodPatch {
		i.visible = true
		if len(i.replies) == 0 {
			i.replies = append(i.replies, raw)
		} else {
			i.replies[0] = raw
		}
	} else {
		i.replies = append(i.replies, raw)
	}
	f.watch("reply  %s  %s", privacy(i), b.outline())
	i.change()
	reply(w, http.StatusOK, map[string]any{"id": f.newID(time.Now()), "flags": b.Flags})
}
