package discord

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/discord/internal/render"
	"github.com/digestbot/digestbot/adapters/discord/internal/snowflake"
	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
	"github.com/digestbot/digestbot/bot/chat"
)

// posted is a message in a channel's history, as far as Find looks at it.
type posted struct {
	ID     string `json:"id"`
	Author struct {
		ID string `json:"id"`
	} `json:"author"`
	Components []struct {
		Components []struct {
			CustomID string `json:"custom_id"`
		} `json:"components"`
	} `json:"components"`
}

func (m posted) carries(key chat.Key) bool {
	for _, r := range m.Components {
		for _, c := range r.Components {
			if strings.HasPrefix(c.CustomID, string(key)+render.KeyEnd) {
				return true
			}
		}
	}
	return false
}

// Find reads the channel's history from a minute before since to its end.
//
// Discord was seen to fail over pages that hold a message of a certain kind
// (https://github.com/discord/discord-api-docs/issues/8611). Then Find takes
// smaller pages up to that message, and comes from the other side down to it;
// what it could not see it does not call absent.
//
// Without the permission to read the history Discord answers with an empty
// list, not with an error
// (https://docs.discord.com/developers/resources/message#get-channel-messages),
// so an empty list proves nothing until mayRead says so.
func (a *Adapter) Find(ctx context.Context, in chat.Channel, key chat.Key, since time.Time) (chat.Receipt, error) {
	if a.off != "" {
		return chat.Receipt{}, fmt.Errorf("discord: %s", a.off)
	}
	self, err := a.account(ctx)
	if err != nil {
		return chat.Receipt{}, fmt.Errorf("discord: account: %w", err)
	}
	at, err := a.resolve(ctx, in)
	if err != nil {
		return chat.Receipt{}, err
	}
	from := snowflake.At(since.Add(-time.Minute))
	if in.Thread == "" {
		where, err := a.place(ctx, at.ID)
		if err != nil {
			return chat.Receipt{}, fmt.Errorf("discord: channel: %w", err)
		}
		if where.forum() {
			return a.findInForum(ctx, in, where, self, key, from, "")
		}
	}
	h := history{rest: a.rest, channel: inside(at), low: from, high: math.MaxUint64, wanted: func(m posted) bool {
		return m.Author.ID == self && m.carries(key)
	}}
	found, err := h.search(ctx)
	switch {
	case found != "":
		return a.receipt(in, found), nil
	case in.Thread != "" && wire.Code(err) == wire.UnknownChannel:
		return chat.Receipt{}, chat.ErrNotFound // the thread was never opened
	case err == nil && h.seen == 0:
		err = a.mayRead(ctx, inside(at))
	}
	if err != nil {
		return chat.Receipt{}, fmt.Errorf("discord: history: %w", err)
	}
	return chat.Receipt{}, chat.ErrNotFound
}

// pageLimit is how many messages a page of the history has at the most.
const pageLimit = 100

// history is a search in a channel for one message. Anything above low and
// below high was not looked at yet.
type history struct {
	rest      *wire.Client
	channel   string
	wanted    func(posted) bool
	low, high uint64
	size      int // of the next page
	seen      int // messages that were looked at
}

// search gives the id of the message, or "" when it is not there.
func (h *history) search(ctx context.Context) (string, error) {
	upward := true
	for h.size = pageLimit; ; {
		query := discordgo.EndpointChannelMessages(h.channel) + "?limit=" + strconv.Itoa(h.size)
		if upward {
			query += "&after=" + strconv.FormatUint(h.low, 10)
		} else if h.high < math.MaxUint64 {
			query += "&before=" + strconv.FormatUint(h.high, 10)
		}
		var page []posted
		err := h.rest.Call(ctx, http.MethodGet, query, nil, &page)
		refusal, ok := errors.AsType[*wire.APIError](err)
		switch broken := ok && refusal.Status == http.StatusInternalServerError; {
		case broken && h.size > 1:
			h.size /= 2
			continue
		case broken && upward:
			upward, h.size = false, pageLimit
			continue
		case err != nil:
			return "", err
		}
		found, err := h.look(page, upward)
		if found != "" || err != nil || len(page) < h.size || h.low >= h.high {
			return found, err
		}
		h.size = min(2*h.size, pageLimit)
	}
}

// look goes through a page, and brings low or high nearer to the other.
func (h *history) look(page []posted, upward bool) (found string, err error) {
	low, high := h.low, h.high
	for _, m := range page {
		id, err := strconv.ParseUint(m.ID, 10, 64)
		if err != nil {
			return "", fmt.Errorf("id %q is no number", m.ID)
		}
		if id > low && id < high && h.wanted(m) {
			return m.ID, nil
		}
		if upward {
			h.low = max(h.low, id)
		} else {
			h.high = min(h.high, id)
		}
	}
	h.seen += len(page)
	return "", nil
}

// mayRead gives an error unless the bot is known to see the channel's history:
// it sees a message, or there never was one, or Discord denies that the last
// one is still there, which it says only to those who may read.
func (a *Adapter) mayRead(ctx context.Context, channel string) error {
	var any []posted
	if err := a.rest.Call(ctx, http.MethodGet, discordgo.EndpointChannelMessages(channel)+"?limit=1", nil, &any); err != nil {
		return err
	}
	if len(any) > 0 {
		return nil
	}
	var in struct {
		Last string `json:"last_message_id"`
	}
	if err := a.rest.Call(ctx, http.MethodGet, discordgo.EndpointChannel(channel), nil, &in); err != nil || in.Last == "" {
		return err
	}
	err := a.rest.Call(ctx, http.MethodGet, discordgo.EndpointChannelMessage(channel, in.Last), nil, nil)
	refusal, ok := errors.AsType[*wire.APIError](err)
	switch {
	case err == nil, wire.Code(err) == wire.UnknownMessage:
		return nil
	case ok && refusal.Status == http.StatusForbidden:
		return fmt.Errorf("the bot may not read it: give it Read Message History: %w", err)
	default:
		return err
	}
}

// account is the id of the bot's own account, asked for once.
func (a *Adapter) account(ctx context.Context) (string, error) {
	a.mu.Lock()
	self := a.self
	a.mu.Unlock()
	if self != "" {
		return self, nil
	}
	var me struct {
		ID string `json:"id"`
	}
	if err := a.rest.Call(ctx, http.MethodGet, discordgo.EndpointUser("@me"), nil, &me); err != nil {
		return "", err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.self = me.ID
	return me.ID, nil
}
