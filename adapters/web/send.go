package web

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

// Send writes p to the room's store. If the channel already has a message with
// the key, Send returns that message.
func (a *Adapter) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	if err := CheckChannel(to.ID); err != nil {
		return chat.Receipt{}, &chat.SendError{Outcome: chat.RejectedChannel, Err: err}
	}
	if _, err := parse(p); err != nil {
		return chat.Receipt{}, &chat.SendError{Outcome: chat.RejectedPayload, Err: err}
	}
	if err := a.outcome("send", a.store.post(ctx, to, key, time.Now(), p)); err != nil {
		return chat.Receipt{}, err
	}
	r, err := a.Find(ctx, to, key, time.Time{})
	if to.Thread != "" && errors.Is(err, chat.ErrNotFound) {
		return chat.Receipt{}, &chat.SendError{Outcome: chat.RejectedChannel, Err: fmt.Errorf("web send: message %s, whose thread this is, is not there", to.Thread)}
	}
	return r, err
}

// Find looks up the key. It ignores since: a channel has at most one message
// with a key, however old it is.
func (a *Adapter) Find(ctx context.Context, in chat.Channel, key chat.Key, _ time.Time) (chat.Receipt, error) {
	n, err := a.store.find(ctx, in, key)
	if errors.Is(err, sql.ErrNoRows) {
		return chat.Receipt{}, chat.ErrNotFound
	}
	if err != nil {
		return chat.Receipt{}, fmt.Errorf("web find: %w", err)
	}
	id := strconv.FormatInt(n, 10)
	r := chat.Receipt{Channel: in, ID: id}
	if a.home != nil {
		// A thread is shown together with its message.
		r.URL = a.home.String() + permalink(in.ID, cmp.Or(in.Thread, id))
	}
	return r, nil
}

// Edit replaces a message with p. Open pages show it at once.
func (a *Adapter) Edit(ctx context.Context, r chat.Receipt, p chat.Payload, key chat.Key) error {
	if _, err := parse(p); err != nil {
		return &chat.SendError{Outcome: chat.RejectedPayload, Err: err}
	}
	there, err := a.store.replace(ctx, r, p, key)
	if err == nil && !there {
		return chat.ErrNotFound
	}
	return a.outcome("edit", err)
}

// Remove removes a message with its thread.
func (a *Adapter) Remove(ctx context.Context, r chat.Receipt) error {
	return a.outcome("remove", a.store.remove(ctx, r))
}

// outcome converts an error of the store. It says that nothing was written, if that is
// known.
func (a *Adapter) outcome(what string, err error) error {
	if err == nil {
		return nil
	}
	_, nothing := errors.AsType[unwritten](err)
	err = fmt.Errorf("web %s: %w", what, err)
	if nothing {
		return &chat.SendError{Outcome: chat.Retryable, Err: err}
	}
	return err
}

// channelPath returns the path of a channel's page.
func channelPath(channel string) string { return "/c/" + url.PathEscape(channel) }

// permalink returns the path of a message on its channel's page.
func permalink(channel, id string) string { return channelPath(channel) + "#m" + id }

// posted is a message in a channel.
type posted struct {
	ID      int64
	Channel string
	At      time.Time
	message
	// Unreadable messages have an invalid payload.
	Unreadable bool
	// Replies are the messages in its thread, oldest first.
	Replies []posted
}

// Path returns the path of the message in the room.
func (p posted) Path() string { return permalink(p.Channel, strconv.FormatInt(p.ID, 10)) }

// before returns up to limit messages of a channel that are older than the
// message with that id, newest first, with their threads.
func (a *Adapter) before(ctx context.Context, channel string, id int64, limit int) ([]posted, error) {
	return a.threads(ctx, `channel = ?1 AND thread IS NULL AND id < ?2 ORDER BY id DESC LIMIT ?3`, channel, id, limit)
}

// one returns the message with that id, with its thread, or ErrNotFound.
func (a *Adapter) one(ctx context.Context, id int64) (posted, error) {
	all, err := a.threads(ctx, `id = ?1`, id)
	if err != nil {
		return posted{}, err
	}
	if len(all) == 0 {
		return posted{}, chat.ErrNotFound
	}
	return all[0], nil
}

// threads returns messages with their threads.
func (a *Adapter) threads(ctx context.Context, where string, args ...any) ([]posted, error) {
	all, err := a.query(ctx, where, args...)
	for i := range all {
		if err == nil {
			all[i].Replies, err = a.query(ctx, `thread = ?1 ORDER BY id`, all[i].ID)
		}
	}
	return all, err
}

func (a *Adapter) query(ctx context.Context, where string, args ...any) (all []posted, err error) {
	messages, err := a.store.messages(ctx, where, args...)
	for _, m := range messages {
		p := posted{ID: m.ID, Channel: m.Channel, At: m.At}
		var wrong error
		if p.message, wrong = parse(m.Payload); wrong != nil {
			p.Unreadable = true
			a.warnUnreadable(p, wrong)
		}
		all = append(all, p)
	}
	return all, err
}

// warnUnreadable logs once that a message cannot be read, because pages request
// it repeatedly.
func (a *Adapter) warnUnreadable(p posted, cause error) {
	if _, known := a.unreadable.LoadOrStore(p.ID, true); !known {
		a.log.Warn("web: a message of the room cannot be read, the others are shown",
			"message", p.ID, "channel", chat.Channel{Adapter: a.name, ID: p.Channel}.String(), "file", a.store.place(), "error", cause, "remedy", a.store.mend())
	}
}
