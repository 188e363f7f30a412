package discordfake

import (
	"cmp"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// object returns a channel in Discord's format.
func (c *channel) object() map[string]any {
	o := map[string]any{"id": c.ID, "type": c.Type, "guild_id": c.Guild, "name": cmp.Or(c.name, "digest"), "last_message_id": nil}
	if c.last != "" {
		o["last_message_id"] = c.last
	}
	if c.Type != Thread {
		o["permission_overwrites"] = c.overwrites()
	}
	switch c.Type {
	case Thread:
		o["parent_id"], o["owner_id"], o["applied_tags"] = c.parent, BotID, c.applied
		meta := map[string]any{"archived": !c.archived.IsZero(), "auto_archive_duration": 4320, "locked": false}
		meta["archive_timestamp"] = c.archived.UTC().Format(time.RFC3339Nano)
		o["thread_metadata"] = meta
	case Forum:
		flags := 0
		if c.RequireTag {
			flags = 1 << 4
		}
		o["available_tags"], o["flags"] = c.Tags, flags
	}
	return o
}

// opening is a request for a thread.
type opening struct {
	Name        string          `json:"name"`
	AutoArchive *int            `json:"auto_archive_duration"`
	AppliedTags []string        `json:"applied_tags"`
	Message     json.RawMessage `json:"message"`
}

// check reports what Discord rejects about a request for a thread.
// https://docs.discord.com/developers/resources/channel#start-thread-from-message
func (o opening) check() problems {
	p := problems{}
	if p.max("name", o.Name, 100) == 0 {
		p.add("name", "BASE_TYPE_REQUIRED", "This field is required")
	}
	if o.AutoArchive != nil && !slices.Contains([]int{60, 1440, 4320, 10080}, *o.AutoArchive) {
		p.add("auto_archive_duration", "BASE_TYPE_CHOICES", "Value must be one of (60, 1440, 4320, 10080).")
	}
	if len(o.AppliedTags) > 5 {
		p.add("applied_tags", "BASE_TYPE_MAX_LENGTH", "Must be 5 or fewer in length.")
	}
	return p
}

// threadUnder opens a thread from a message. The thread has the message's id.
func (f *Fake) threadUnder(w http.ResponseWriter, r *http.Request) {
	var o opening
	if _, ok := read(w, r, &o); !ok {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.visible(w, r)
	if c == nil {
		return
	}
	id := r.PathValue("message")
	switch p := o.check(); {
	case c.NoThreads:
		refuse(w, http.StatusForbidden, 50013, "Missing Permissions")
	case c.Type != Text && c.Type != Announcement:
		refuse(w, http.StatusBadRequest, 50024, "Cannot execute action on this channel type")
	case !slices.ContainsFunc(c.messages, func(m *Message) bool { return m.ID == id }):
		refuse(w, http.StatusNotFound, 10008, "Unknown Message")
	case f.channels[id] != nil:
		refuse(w, http.StatusBadRequest, 160004, "A thread has already been created for this message")
	case len(p) > 0:
		refuseForm(w, p)
	default:
		reply(w, http.StatusCreated, f.openThread(c, id, o).object())
	}
}

func (f *Fake) openThread(c *channel, id string, o opening) *channel {
	t := &channel{Channel: Channel{ID: id, Guild: c.Guild, Type: Thread, NoAccess: c.NoAccess, NoHistory: c.NoHistory, NoThreads: c.NoThreads}, parent: c.ID, name: o.Name, applied: o.AppliedTags}
	f.channels[id] = t
	f.watch("thread  #%s  %s  %q", c.ID, id, o.Name)
	return t
}

// postToForum opens a thread with its first message.
// https://docs.discord.com/developers/resources/channel#start-thread-in-forum-or-media-channel
func (f *Fake) postToForum(w http.ResponseWriter, r *http.Request) {
	var o opening
	if _, ok := read(w, r, &o); !ok {
		return
	}
	var b body
	if err := json.Unmarshal(o.Message, &b); err != nil {
		p := problems{}
		p.add("message", "BASE_TYPE_REQUIRED", "This field is required")
		refuseForm(w, p)
		return
	}
	f.mu.Lock()
	fault := None
	if len(f.faults) > 0 {
		fault, f.faults = f.faults[0], f.faults[1:]
	}
	done := f.before(w, fault)
	c := (*channel)(nil)
	if !done {
		c = f.visible(w, r)
	}
	if c == nil || !f.takes(w, c, o) || !good(w, b) {
		f.mu.Unlock()
		return
	}
	id := f.newID(time.Now())
	t := f.openThread(c, id, o)
	m := &Message{ID: id, ChannelID: id, AuthorID: BotID, At: time.Now(), Body: withoutNonce(o.Message)}
	t.messages, t.last, t.pings = []*Message{m}, id, b.pings()
	answer := t.object()
	answer["message"] = m.object()
	f.mu.Unlock()
	conclude(w, r, fault, http.StatusCreated, answer)
}

// takes reports whether a forum accepts a post; otherwise it answers with the error.
func (f *Fake) takes(w http.ResponseWriter, c *channel, o opening) bool {
	p := o.check()
	for i, id := range o.AppliedTags {
		if j := slices.IndexFunc(c.Tags, func(t Tag) bool { return t.ID == id }); j < 0 || c.Tags[j].Moderated {
			p.add("applied_tags."+strconv.Itoa(i), "INVALID_TAG", "Unknown tag")
		}
	}
	switch {
	case c.Type != Forum:
		refuse(w, http.StatusBadRequest, 50024, "Cannot execute action on this channel type")
	case c.NoPosts:
		refuse(w, http.StatusForbidden, 50013, "Missing Permissions")
	case c.RequireTag && len(o.AppliedTags) == 0:
		refuse(w, http.StatusBadRequest, 40067, "A tag is required to create a forum post in this channel")
	case len(p) > 0:
		refuseForm(w, p)
	default:
		return true
	}
	return false
}

func (f *Fake) activeThreads(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := []any{}
	for _, t := range f.threads(func(t *channel) bool { return t.Guild == r.PathValue("guild") && t.archived.IsZero() && !t.NoAccess }) {
		list = append(list, t.object())
	}
	reply(w, http.StatusOK, map[string]any{"threads": list, "members": []any{}})
}

// archivedThreads returns a page, most recently archived first.
// https://docs.discord.com/developers/resources/channel#list-public-archived-threads
func (f *Fake) archivedThreads(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.visible(w, r)
	if c == nil {
		return
	}
	if c.NoHistory {
		refuse(w, http.StatusForbidden, 50013, "Missing Permissions")
		return
	}
	before, err := time.Parse(time.RFC3339Nano, r.URL.Query().Get("before"))
	threads := f.threads(func(t *channel) bool {
		return t.parent == c.ID && !t.archived.IsZero() && (err != nil || t.archived.Before(before))
	})
	slices.SortFunc(threads, func(a, b *channel) int { return b.archived.Compare(a.archived) })
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	if limit < 2 || limit > 100 {
		limit = 50
	}
	list := []any{}
	for _, t := range threads[:min(limit, len(threads))] {
		list = append(list, t.object())
	}
	reply(w, http.StatusOK, map[string]any{"threads": list, "members": []any{}, "has_more": len(threads) > limit})
}

// crosspost publishes a message of an announcement channel.
// https://docs.discord.com/developers/resources/message#crosspost-message
func (f *Fake) crosspost(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.visible(w, r)
	if c == nil {
		return
	}
	id := r.PathValue("message")
	i := slices.IndexFunc(c.messages, func(m *Message) bool { return m.ID == id })
	switch {
	case c.Type != Announcement:
		refuse(w, http.StatusBadRequest, 50024, "Cannot execute action on this channel type")
	case i < 0:
		refuse(w, http.StatusNotFound, 10008, "Unknown Message")
	case c.published[id]:
		refuse(w, http.StatusBadRequest, 40033, "This message has already been crossposted.")
	default:
		if c.published == nil {
			c.published = map[string]bool{}
		}
		c.published[id] = true
		f.watch("publish  #%s  %s", c.ID, id)
		reply(w, http.StatusOK, c.messages[i].object())
	}
}

var called = regexp.MustCompile(`<@(&|!)?(\d+)>|@everyone|@here`)

// pings returns whom a message notifies: those mentioned in its text, as far
// as allowed_mentions permits. Without allowed_mentions, everything is
// allowed.
// https://docs.discord.com/developers/resources/message#allowed-mentions-object
func (b body) pings() (who []string) {
	allowed := struct {
		Parse        []string
		Roles, Users []string
	}{Parse: []string{"users", "roles", "everyone"}}
	if b.AllowedMentions != nil {
		allowed.Parse = nil
		_ = json.Unmarshal(b.AllowedMentions, &allowed)
	}
	for _, m := range called.FindAllStringSubmatch(b.Content, -1) {
		kind, id, named := "users", m[2], allowed.Users
		switch {
		case id == "":
			kind, id = "everyone", m[0]
		case m[1] == "&":
			kind, named = "roles", allowed.Roles
		}
		if slices.Contains(allowed.Parse, kind) || slices.Contains(named, id) {
			who = append(who, id)
		}
	}
	return who
}
