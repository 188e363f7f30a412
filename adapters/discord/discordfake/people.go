package discordfake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Person is a user of the bot.
type Person struct {
	ID, Name, Locale string
	// Permissions are the person's permissions in the channel, for example
	// Admin.
	Permissions uint64
	// Roles are the ids of the person's roles in the server.
	Roles []string
}

// Interaction is a command, a button press or an unfinished option,
// together with its answer.
type Interaction struct {
	ID    string
	token string
	event map[string]any
	at    time.Time
	fake  *Fake

	sent *sent // as posted to the endpoint; nil on the gateway

	channel string
	on      *Interaction // the interaction whose reply has the pressed component
	part    int          // index of that reply
	under   *Message     // the message in the channel that has the pressed component

	acked    bool
	visible  bool // the answer is visible, not only "thinking…"
	private  bool
	turned   bool // the answer has replaced the pressed message
	deferred bool
	replies  []json.RawMessage
	choices  []Choice
	modal    *Modal
	failed   error         // why the person sees that the application did not respond
	changed  chan struct{} // closed and replaced on every change
}

// Choice is a suggestion for an option.
type Choice struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Token returns the token with which the bot answers; it is as secret as the bot's own.
func (i *Interaction) Token() string { return i.token }

// Answer is what the person sees.
type Answer struct {
	Replies []json.RawMessage
	Choices []Choice
	// Private means that nobody else sees the answer.
	Private bool
	// Turned means that the answer has replaced the pressed message.
	Turned bool
	// Deferred means that the answer was deferred.
	Deferred bool
	// Modal is the form that was shown; nil for none.
	Modal *Modal
}

// The types of interactions.
const (
	typeCommand      = 2
	typeComponent    = 3
	typeAutocomplete = 4
	typeSubmit       = 5
)

// Say gives a slash command as typed, for example "/digest tag AI". Words in
// straight quotes form one word, and name=value sets the option of that name.
// The other words fill the options in order; the last required option, or
// otherwise the last option, takes the rest.
func (f *Fake) Say(p Person, channelID, line string) (*Interaction, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	data, err := f.typed(channelID, line, false)
	if err != nil {
		return nil, err
	}
	return f.interact(p, channelID, typeCommand, data, nil)
}

// Point uses a command in the context menu of messages on a message.
func (f *Fake) Point(p Person, channelID, name, messageID string) (*Interaction, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.channels[channelID]
	if c == nil {
		return nil, fmt.Errorf("channel %s: unknown", channelID)
	}
	for _, of := range slices.Concat(f.commands[c.Guild], f.commands[""]) {
		if of.Type != typeMessageCommand || of.Name != name {
			continue
		}
		for _, m := range c.messages {
			if m.ID == messageID {
				return f.interact(p, channelID, typeCommand, map[string]any{
					"id": of.ID, "name": of.Name, "type": of.Type, "target_id": m.ID,
					"resolved": map[string]any{"messages": map[string]any{m.ID: m.object()}},
				}, nil)
			}
		}
		return nil, fmt.Errorf("message %s: unknown", messageID)
	}
	return nil, fmt.Errorf("command %q: not registered", name)
}

// Modal is a form that was shown.
type Modal struct {
	Title    string  `json:"title"`
	CustomID string  `json:"custom_id"`
	Fields   []Label `json:"components"`
}

// Label is a field of a form, with its label.
type Label struct {
	Type        int    `json:"type"`
	Label       string `json:"label"`
	Description string `json:"description"`
	Component   struct {
		Type      int    `json:"type"`
		CustomID  string `json:"custom_id"`
		Style     int    `json:"style"`
		Value     string `json:"value"`
		Required  bool   `json:"required"`
		MinValues *int   `json:"min_values"`
		Options   []struct {
			Label   string `json:"label"`
			Value   string `json:"value"`
			Default bool   `json:"default"`
		} `json:"options"`
	} `json:"component"`
}

// Shown returns the value of a field when the form opens.
func (l Label) Shown() string {
	for _, o := range l.Component.Options {
		if o.Default {
			return o.Value
		}
	}
	return l.Component.Value
}

// check checks a form as Discord does.
// https://docs.discord.com/developers/components/reference#label
func (m Modal) check(p problems) {
	if n := p.max("title", m.Title, 45); n == 0 {
		p.add("title", "BASE_TYPE_REQUIRED", "This field is required")
	}
	if n := p.max("custom_id", m.CustomID, 100); n == 0 {
		p.add("custom_id", "BASE_TYPE_REQUIRED", "This field is required")
	}
	if len(m.Fields) < 1 || len(m.Fields) > 5 {
		p.add("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
	}
	ids := map[string]bool{}
	for i, l := range m.Fields {
		at, c := fmt.Sprintf("components.%d", i), l.Component
		if n := p.max(at+".label", l.Label, 45); n == 0 || l.Type != 18 {
			p.add(at+".label", "BASE_TYPE_REQUIRED", "This field is required")
		}
		p.max(at+".description", l.Description, 100)
		if n := p.max(at+".component.custom_id", c.CustomID, 100); n == 0 || ids[c.CustomID] {
			p.add(at+".component.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
		}
		ids[c.CustomID] = true
		switch c.Type {
		case 4:
			p.max(at+".component.value", c.Value, 4000)
			if c.Style != 1 && c.Style != 2 {
				p.add(at+".component.style", "BASE_TYPE_CHOICES", "Value must be one of (1, 2).")
			}
		case 3:
			chosen := 0
			for _, o := range c.Options {
				if p.max(at+".component.options", o.Label, 100) == 0 || p.max(at+".component.options", o.Value, 100) == 0 {
					p.add(at+".component.options", "BASE_TYPE_REQUIRED", "This field is required")
				}
				if o.Default {
					chosen++
				}
			}
			if len(c.Options) < 1 || len(c.Options) > 25 || chosen > 1 || !c.Required && (c.MinValues == nil || *c.MinValues > 0) {
				p.add(at+".component.options", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 25 in length.")
			}
		default:
			p.add(at+".component.type", "BASE_TYPE_CHOICES", "Value must be one of (3, 4).")
		}
	}
}

// Fill submits the form of an interaction. values overrides the prefilled values,
// keyed by the fields' labels; an empty value clears a field.
func (i *Interaction) Fill(p Person, values map[string]string) (*Interaction, error) {
	f := i.fake
	f.mu.Lock()
	defer f.mu.Unlock()
	if i.modal == nil {
		return nil, errors.New("form: none was shown")
	}
	var fields []any
	for _, l := range i.modal.Fields {
		c := l.Component
		value, given := values[l.Label]
		if !given {
			value = l.Shown()
		}
		of := map[string]any{"type": c.Type, "custom_id": c.CustomID}
		if c.Type == 3 {
			of["values"] = []string{}
			if value != "" {
				of["values"] = []string{value}
			}
		} else {
			of["value"] = value
		}
		fields = append(fields, map[string]any{"type": 18, "component": of})
	}
	return f.interact(p, i.channel, typeSubmit, map[string]any{"custom_id": i.modal.CustomID, "components": fields}, nil)
}

// Type asks for suggestions for the option at the end of an unfinished line.
func (f *Fake) Type(p Person, channelID, line string) (*Interaction, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	data, err := f.typed(channelID, line, true)
	if err != nil {
		return nil, err
	}
	return f.interact(p, channelID, typeAutocomplete, data, nil)
}

// Press presses the button with that label under the newest message that has one.
func (f *Fake) Press(p Person, channelID, label string) (*Interaction, error) {
	return f.touch(p, channelID, label, pressed)
}

// Choose selects that entry of a menu under the newest message that has it.
func (f *Fake) Choose(p Person, channelID, label string) (*Interaction, error) {
	return f.touch(p, channelID, label, chosen)
}

// Press presses the button with that label under the answer.
func (i *Interaction) Press(p Person, label string) (*Interaction, error) {
	return i.touch(p, label, pressed)
}

// Choose selects that entry of a menu under the answer.
func (i *Interaction) Choose(p Person, label string) (*Interaction, error) {
	return i.touch(p, label, chosen)
}

// Send creates a component interaction with any data, including forged data.
func (f *Fake) Send(p Person, channelID string, data map[string]any) (*Interaction, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.interact(p, channelID, typeComponent, data, nil)
}

// pressed returns the data of a button with that label, and chosen that of a menu entry.
func pressed(c component, label string) map[string]any {
	if c.Type != 2 || c.Label != label || c.Disabled || c.CustomID == "" {
		return nil
	}
	return map[string]any{"custom_id": c.CustomID, "component_type": c.Type}
}

func chosen(c component, label string) map[string]any {
	for _, o := range c.Options {
		if c.Type == 3 && o.Label == label {
			return map[string]any{"custom_id": c.CustomID, "component_type": c.Type, "values": []string{o.Value}}
		}
	}
	return nil
}

// find returns the data of a matching component in a message.
func find(message json.RawMessage, label string, by func(component, string) map[string]any) map[string]any {
	var b body
	_ = json.Unmarshal(message, &b)
	for _, row := range b.Components {
		for _, c := range row.Components {
			if data := by(c, label); data != nil {
				return data
			}
		}
	}
	return nil
}

func (f *Fake) touch(p Person, channelID, label string, by func(component, string) map[string]any) (*Interaction, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.channels[channelID]
	if c == nil {
		return nil, fmt.Errorf("channel %s: unknown", channelID)
	}
	for _, m := range slices.Backward(c.messages) {
		if data := find(m.Body, label, by); data != nil {
			return f.interact(p, channelID, typeComponent, data, func(i *Interaction) {
				i.under = m
				i.event["message"] = m.object()
			})
		}
	}
	return nil, fmt.Errorf("component %q: there is none", label)
}

func (i *Interaction) touch(p Person, label string, by func(component, string) map[string]any) (*Interaction, error) {
	f := i.fake
	f.mu.Lock()
	defer f.mu.Unlock()
	for part, reply := range slices.Backward(i.replies) {
		if data := find(reply, label, by); data != nil {
			return f.interact(p, i.channel, typeComponent, data, func(next *Interaction) {
				next.on, next.part = i, part
				m := (&Message{ID: f.newID(time.Now()), ChannelID: i.channel, AuthorID: BotID, At: time.Now(), Body: reply}).object()
				m["flags"] = 0
				if i.private {
					m["flags"] = ephemeral
				}
				next.event["message"] = m
			})
		}
	}
	return nil, fmt.Errorf("component %q: the answer has none", label)
}

// Redeliver delivers an interaction again: on the gateway as after a lost
// connection, to the endpoint with the same signature.
func (f *Fake) Redeliver(i *Interaction) error {
	f.mu.Lock()
	if i.sent != nil {
		f.mu.Unlock()
		_, err := f.call(i.sent)
		return err
	}
	defer f.mu.Unlock()
	if f.current == nil {
		return errNobody
	}
	f.current.dispatch("INTERACTION_CREATE", i.event)
	return nil
}

// typed parses a line according to the application's commands.
func (f *Fake) typed(channelID, line string, unfinished bool) (map[string]any, error) {
	c := f.channels[channelID]
	if c == nil {
		return nil, fmt.Errorf("channel %s: unknown", channelID)
	}
	words := split(strings.TrimPrefix(line, "/"))
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
	values, rest := map[string]string{}, 0
	for i, o := range options {
		if o.Type <= 2 {
			return nil, fmt.Errorf("command %q: a subcommand is missing", line)
		}
		if o.Required || !options[rest].Required {
			rest = i // takes what is left
		}
	}
	last, next := "", 0 // the options of the last and of the next word
	for _, w := range words {
		if name, value, ok := strings.Cut(w, "="); ok && slices.ContainsFunc(options, func(o command) bool { return o.Name == name }) {
			values[name], last = value, name
			continue
		}
		for next < len(options) && next != rest && values[options[next].Name] != "" {
			next++
		}
		if next == len(options) {
			return nil, fmt.Errorf("command %q: %q is too much", line, w)
		}
		last = options[next].Name
		values[last] = strings.TrimPrefix(values[last]+" "+w, " ")
		if next != rest {
			next++
		}
	}
	var given []any
	for _, o := range options {
		value, ok := values[o.Name]
		if !ok && o.Required && !unfinished {
			return nil, fmt.Errorf("command %q: option %s is missing", line, o.Name)
		}
		if !ok {
			continue
		}
		option := map[string]any{"name": o.Name, "type": o.Type, "value": value}
		if unfinished && o.Name == last {
			option["focused"] = true
			if !o.Autocomplete {
				return nil, fmt.Errorf("command %q: option %s has no suggestions", line, o.Name)
			}
		}
		given = append(given, option)
	}
	if given != nil {
		at["options"] = given
	}
	return root, nil
}

// split splits a line into words. A straight quote at the beginning of a word
// or value extends to the next one.
func split(line string) (words []string) {
	var b strings.Builder
	open, quoted := false, false
	for _, r := range line {
		switch s := b.String(); {
		case quoted && r == '"':
			quoted = false
		case quoted:
			b.WriteRune(r)
		case unicode.IsSpace(r):
			if open {
				words = append(words, s)
			}
			b.Reset()
			open = false
		case r == '"' && (s == "" || strings.HasSuffix(s, "=")):
			open, quoted = true, true
		default:
			open = true
			b.WriteRune(r)
		}
	}
	if open {
		words = append(words, b.String())
	}
	return words
}

// may returns the bot's permissions in a channel.
func (f *Fake) may(channelID string) string {
	c, bits := f.channels[channelID], uint64(1<<10|1<<11|1<<14|1<<16)
	if c.NoAccess {
		bits &^= 1 << 10
	}
	if c.NoPosts {
		bits &^= 1 << 11
	}
	if c.NoHistory {
		bits &^= 1 << 16
	}
	return strconv.FormatUint(bits, 10)
}

// interact creates an interaction, applies more to it, and delivers it.
func (f *Fake) interact(p Person, channelID string, kind int, data map[string]any, more func(*Interaction)) (*Interaction, error) {
	if f.channels[channelID] == nil {
		return nil, fmt.Errorf("channel %s: unknown", channelID)
	}
	guild := f.channels[channelID].Guild
	if f.endpoint == "" && !f.linked() {
		return nil, errNobody
	}
	now := time.Now().Add(-f.Lag)
	i := &Interaction{ID: f.newID(now), token: "aW50ZXJhY3Rpb24" + f.newID(now), at: now, fake: f, channel: channelID, changed: make(chan struct{})}
	f.interactions[i.token] = i
	user := map[string]any{"id": p.ID, "username": p.Name}
	i.event = map[string]any{
		"id": i.ID, "application_id": AppID, "type": kind, "data": data, "token": i.token, "version": 1,
		"channel_id": channelID, "locale": p.Locale, "app_permissions": f.may(channelID), "entitlements": []any{},
		"authorizing_integration_owners": map[string]any{},
	}
	if guild != "" {
		i.event["guild_id"], i.event["guild_locale"], i.event["context"] = guild, "en-US", 0
		i.event["member"] = map[string]any{"user": user, "permissions": strconv.FormatUint(p.Permissions, 10), "roles": append([]string{}, p.Roles...), "joined_at": "2026-01-01T00:00:00Z"}
	} else {
		i.event["user"], i.event["context"] = user, 1
	}
	f.watch("%s  #%s  %s", map[int]string{typeCommand: "command", typeComponent: "button", typeAutocomplete: "typing", typeSubmit: "form"}[kind], channelID, p.Name)
	if more != nil {
		more(i)
	}
	if f.endpoint != "" {
		return i, f.deliver(i)
	}
	f.current.dispatch("INTERACTION_CREATE", i.event)
	return i, nil
}

// Wait returns the answer once it has at least that many replies, or
// choices. If ctx ends first, it returns the error of ctx with the answer
// so far.
func (i *Interaction) Wait(ctx context.Context, replies int) (Answer, error) {
	for {
		i.fake.mu.Lock()
		a := Answer{Replies: slices.Clone(i.replies), Choices: i.choices, Private: i.private, Turned: i.turned, Deferred: i.deferred, Modal: i.modal}
		done, failed, changed := i.visible && len(i.replies) >= replies, i.failed, i.changed
		i.fake.mu.Unlock()
		if done || failed != nil {
			return a, failed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return a, fmt.Errorf("interaction: no answer: %w", ctx.Err())
		}
	}
}

// Acknowledged returns once the interaction has its first response.
func (i *Interaction) Acknowledged(ctx context.Context) error {
	for {
		i.fake.mu.Lock()
		acked, failed, changed := i.acked, i.failed, i.changed
		i.fake.mu.Unlock()
		if acked || failed != nil {
			return failed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("interaction: not acknowledged: %w", ctx.Err())
		}
	}
}

// Forget ends the interaction, as Discord does after 15 minutes.
func (i *Interaction) Forget() {
	i.fake.mu.Lock()
	defer i.fake.mu.Unlock()
	delete(i.fake.interactions, i.token)
}

func (i *Interaction) change() {
	close(i.changed)
	i.changed = make(chan struct{})
}

const ephemeral = 1 << 6

// callback receives the first response to an interaction.
func (f *Fake) callback(w http.ResponseWriter, r *http.Request) {
	if raw, ok := read(w, r, &struct{}{}); ok {
		f.first(w, r.PathValue("id"), r.PathValue("token"), raw)
	}
}

// The types of first responses.
const (
	message        = 4
	messageLater   = 5
	updateLater    = 6
	update         = 7
	autocompletion = 8
	modal          = 9
)

// first checks the first response to an interaction.
// https://docs.discord.com/developers/interactions/receiving-and-responding
func (f *Fake) first(w http.ResponseWriter, id, token string, raw json.RawMessage) {
	var in struct {
		Type int             `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	var b body
	var offered struct {
		Choices []Choice `json:"choices"`
	}
	if json.Unmarshal(raw, &in) != nil || len(in.Data) > 0 && (json.Unmarshal(in.Data, &b) != nil || json.Unmarshal(in.Data, &offered) != nil) {
		refuse(w, http.StatusBadRequest, 50035, "Invalid Form Body")
		return
	}
	if (in.Type == message || in.Type == update) && !good(w, b) {
		return
	}
	p := problems{}
	var form Modal
	if in.Type == modal {
		_ = json.Unmarshal(in.Data, &form) // checked elsewhere
		form.check(p)
	}
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
	i := f.interactions[token]
	switch {
	case i == nil || i.ID != id || !i.acked && time.Since(i.at) > f.AckLimit:
		refuse(w, http.StatusNotFound, 10062, "Unknown interaction")
		return
	case i.acked:
		refuse(w, http.StatusBadRequest, 40060, "Interaction has already been acknowledged.")
		return
	case in.Type < message || in.Type > modal,
		in.Type == modal && i.event["type"] != typeCommand && i.event["type"] != typeComponent,
		(in.Type == update || in.Type == updateLater) && i.event["type"] != typeComponent,
		(in.Type == autocompletion) != (i.event["type"] == typeAutocomplete):
		refuse(w, http.StatusBadRequest, 50035, "Invalid Form Body")
		return
	}
	i.acked, i.private = true, b.Flags&ephemeral != 0
	switch in.Type {
	case update, updateLater:
		i.turned, i.private = true, i.on != nil && i.on.private
	}
	switch in.Type {
	case message, update:
		f.show(i, in.Data, b)
	case modal:
		i.visible, i.modal = true, &form
		f.watch("form  %s", form.Title)
	case autocompletion:
		i.visible, i.choices = true, offered.Choices
		f.watch("choices  %v", offered.Choices)
	default:
		i.deferred = true
		f.watch("ack  %s", privacy(i))
	}
	i.change()
	w.WriteHeader(http.StatusNoContent)
}

// show puts the first reply to an interaction in its place: below, or instead of
// the pressed message, whose fields remain if the reply omits them.
func (f *Fake) show(i *Interaction, raw json.RawMessage, b body) {
	if i.turned && i.on != nil {
		raw = merge(i.on.replies[i.part], raw)
		i.on.replies[i.part] = raw
	} else if i.turned && i.under != nil {
		raw = merge(i.under.Body, raw)
		i.under.Body = raw
	}
	f.notify(i, b)
	i.visible = true
	if len(i.replies) == 0 {
		i.replies = append(i.replies, raw)
	} else {
		i.replies[0] = merge(i.replies[0], raw)
	}
	f.watch("reply  %s  %s", privacy(i), b.outline())
}

// merge returns a message after an edit.
func merge(old, edit json.RawMessage) json.RawMessage {
	all := map[string]json.RawMessage{}
	_ = json.Unmarshal(old, &all)
	_ = json.Unmarshal(edit, &all)
	out, _ := json.Marshal(all)
	return out
}

// notify counts whom a reply notifies. By default, a reply notifies only people.
func (f *Fake) notify(i *Interaction, b body) {
	if c := f.channels[i.channel]; c != nil {
		c.pings = append(c.pings, b.pings()...)
	}
}

func privacy(i *Interaction) string {
	if i.private {
		return "private"
	}
	return "public"
}

// followUp edits the first response (PATCH @original) or adds a message (POST).
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
		f.show(i, raw, b)
	} else {
		f.notify(i, b)
		i.replies = append(i.replies, raw)
		f.watch("reply  %s  %s", privacy(i), b.outline())
	}
	i.change()
	reply(w, http.StatusOK, map[string]any{"id": f.newID(time.Now()), "flags": b.Flags})
}
