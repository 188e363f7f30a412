package discord

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/discord/internal/render"
	"github.com/digestbot/digestbot/adapters/discord/internal/snowflake"
	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
	"github.com/digestbot/digestbot/bot/chat"
)

// Limits of threads and forums.
// https://docs.discord.com/developers/resources/channel#start-thread-in-forum-or-media-channel
const (
	appliedTagsLimit = 5
	archiveAfter     = 4320 // minutes without a message
)

// opening is the request for a thread.
type opening struct {
	Name        string          `json:"name"`
	AutoArchive int             `json:"auto_archive_duration"`
	AppliedTags []string        `json:"applied_tags,omitempty"`
	Message     *render.Message `json:"message,omitempty"`
}

// forum sends to channels that open a thread for each message.
type forum struct {
	rest *wire.Client
	dir  *directory

	mu    sync.Mutex
	tried map[chat.Key]time.Time // posts in doubt
}

// send opens a thread that begins with the message.
//
// Discord does not compare nonces here. To avoid posting a key twice, send
// first searches the forum for it, and it makes no new attempt while an
// earlier one in doubt may still be in flight.
// https://docs.discord.com/developers/resources/channel#start-thread-in-forum-or-media-channel
func (f *forum) send(ctx context.Context, to chat.Channel, m render.Message, key chat.Key) (chat.Receipt, error) {
	where, err := f.dir.place(ctx, to.ID)
	if err != nil {
		return chat.Receipt{}, wire.NotPosted(err)
	}
	f.mu.Lock()
	tried := f.tried[key]
	f.mu.Unlock()
	if age := time.Since(tried); age < settleTime {
		return chat.Receipt{}, wire.InDoubt(fmt.Errorf("the last attempt was %v ago", age.Round(time.Second)))
	}
	name := render.ThreadName(m)
	self, err := f.dir.account(ctx)
	if err != nil {
		return chat.Receipt{}, wire.NotPosted(err)
	}
	found, err := f.find(ctx, to, where, self, key, snowflake.At(time.Now().Add(-dedupWindow-time.Minute)), name)
	if err == nil {
		return found, nil
	}
	if !errors.Is(err, chat.ErrNotFound) {
		return chat.Receipt{}, wire.InDoubt(err) // an earlier attempt may have posted it
	}
	m.Nonce, m.EnforceNonce = "", false
	request := opening{Name: name, AutoArchive: archiveAfter, AppliedTags: where.tags(m), Message: &m}
	var posted struct {
		ID string `json:"id"`
	}
	err = f.rest.Call(ctx, http.MethodPost, discordgo.EndpointChannelThreads(to.ID), request, &posted)
	if err == nil && posted.ID != "" {
		to.Thread = posted.ID // a thread has the id of its first message
		return f.dir.receipt(to, posted.ID), nil
	}
	if err == nil {
		err = wire.InDoubt(errors.New("the answer has no id"))
	} else {
		err = wire.SendError(err)
	}
	if chat.OutcomeOf(err) == chat.InDoubt {
		f.mu.Lock()
		defer f.mu.Unlock()
		maps.DeleteFunc(f.tried, func(_ chat.Key, at time.Time) bool { return time.Since(at) >= settleTime })
		f.tried[key] = time.Now()
	}
	return chat.Receipt{}, err
}

// tags returns the forum's tags that match the labels of the message's buttons,
// ignoring case and punctuation. If the forum requires a tag and none match, it
// returns the first tag that anybody may use: a digest with a wrong tag is
// better than none.
func (p place) tags(m render.Message) (ids []string) {
	for _, r := range m.Components {
		for _, b := range r.Components {
			i := slices.IndexFunc(p.Tags, func(t forumTag) bool { return fold(t.Name) == fold(b.Label) && fold(b.Label) != "" })
			if i >= 0 && !p.Tags[i].Moderated && len(ids) < appliedTagsLimit && !slices.Contains(ids, p.Tags[i].ID) {
				ids = append(ids, p.Tags[i].ID)
			}
		}
	}
	if ids == nil && p.Flags&discordgo.ChannelFlagRequireTag != 0 {
		if i := slices.IndexFunc(p.Tags, func(t forumTag) bool { return !t.Moderated }); i >= 0 {
			ids = []string{p.Tags[i].ID}
		}
	}
	return ids
}

// fold reduces a tag to its letters and digits, in lower case.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// find looks through the threads that the bot has opened in a forum since
// from, either all of them or those with a given name, for the one whose
// first message has the key.
func (f *forum) find(ctx context.Context, in chat.Channel, where place, self string, key chat.Key, from uint64, name string) (chat.Receipt, error) {
	type thread struct {
		ID     string `json:"id"`
		Parent string `json:"parent_id"`
		Owner  string `json:"owner_id"`
		Name   string `json:"name"`
		Meta   struct {
			Archived time.Time `json:"archive_timestamp"`
		} `json:"thread_metadata"`
	}
	type list struct {
		Threads []thread `json:"threads"`
		More    bool     `json:"has_more"`
	}
	look := func(threads []thread) (chat.Receipt, error) {
		for _, t := range threads {
			id, err := strconv.ParseUint(t.ID, 10, 64)
			if err != nil || id < from || t.Parent != in.ID || t.Owner != self || name != "" && t.Name != name {
				continue
			}
			var m posted
			switch err := f.rest.Call(ctx, http.MethodGet, discordgo.EndpointChannelMessage(t.ID, t.ID), nil, &m); {
			case err == nil && m.carries(key):
				there := in
				there.Thread = t.ID
				return f.dir.receipt(there, t.ID), nil
			case err != nil && wire.Code(err) != wire.UnknownMessage && wire.Code(err) != wire.UnknownChannel:
				return chat.Receipt{}, fmt.Errorf("discord: forum: %w", err)
			}
		}
		return chat.Receipt{}, chat.ErrNotFound
	}
	var active list
	if err := f.rest.Call(ctx, http.MethodGet, discordgo.EndpointGuildActiveThreads(where.Guild), nil, &active); err != nil {
		return chat.Receipt{}, fmt.Errorf("discord: forum: %w", err)
	}
	if r, err := look(active.Threads); !errors.Is(err, chat.ErrNotFound) {
		return r, err
	}
	// Archived threads are listed by the time they were archived, newest first.
	// Without Read Message History the request is refused, so absence is
	// certain.
	query := discordgo.EndpointChannelPublicArchivedThreads(in.ID) + "?limit=100"
	for before := ""; ; {
		var archived list
		if err := f.rest.Call(ctx, http.MethodGet, query+before, nil, &archived); err != nil {
			return chat.Receipt{}, fmt.Errorf("discord: forum: %w", err)
		}
		if r, err := look(archived.Threads); !errors.Is(err, chat.ErrNotFound) {
			return r, err
		}
		n := len(archived.Threads)
		if !archived.More || n == 0 || snowflake.At(archived.Threads[n-1].Meta.Archived) < from {
			return chat.Receipt{}, chat.ErrNotFound
		}
		before = "&before=" + archived.Threads[n-1].Meta.Archived.UTC().Format(time.RFC3339Nano)
	}
}
