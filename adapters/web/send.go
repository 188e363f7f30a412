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

// Send writes p into the room's file. A key that stands in the channel already
// is answered with the first message.
func (a *Adapter) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	if err := CheckChannel(to.ID); err != nil {
		return chat.Receipt{}, &chat.SendError{Outcome: chat.RejectedChannel, Err: err}
	}
	if _, err := parse(p); err != nil {
		return chat.Receipt{}, &chat.SendError{Outcome: chat.RejectedPayload, Err: err}
	}
	_, err := a.alter(ctx, "send", `INSERT INTO message (channel, thread, key, posted, payload) SELECT ?1, ?2, ?3, ?4, ?5
		WHERE ?2 IS NULL OR EXISTS (SELECT 1 FROM message WHERE id = ?2 AND channel = ?1 AND thread IS NULL)
		ON CONFLICT (channel, key) DO NOTHING`,
		to.ID, threadOf(to), string(key), time.Now().UnixMilli(), []byte(p))
	if err != nil {
		return chat.Receipt{}, err
	}
	r, err := a.Find(ctx, to, key, time.Time{})
	if to.Thread != "" && errors.Is(err, chat.ErrNotFound) {
		return chat.Receipt{}, &chat.SendError{Outcome: chat.RejectedChannel, Err: fmt.Errorf("web send: message %s, whose thread this is, is not there", to.Thread)}
	}
	return r, err
}

// Find looks the key up. Since is not needed: a key stands in a channel once,
// whenever that was.
func (a *Adapter) Find(ctx context.Context, in chat.Channel, key chat.Key, _ time.Time) (chat.Receipt, error) {
	var id string
	err := a.db.QueryRowContext(ctx, `SELECT id FROM message WHERE channel = ? AND thread IS ? AND key = ?`, in.ID, threadOf(in), string(key)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return chat.Receipt{}, chat.ErrNotFound
	}
	if err != nil {
		return chat.Receipt{}, fmt.Errorf("web find: %w", err)
	}
	r := chat.Receipt{Channel: in, ID: id}
	if a.home != nil {
		// A thread is shown with its message.
		r.URL = a.home.String() + permalink(in.ID, cmp.Or(in.Thread, id))
	}
	return r, nil
}

// Edit puts p in the place of a message. Open pages show it at once.
func (a *Adapter) Edit(ctx context.Context, r chat.Receipt, p chat.Payload, key chat.Key) error {
	if _, err := parse(p); err != nil {
		return &chat.SendError{Outcome: chat.RejectedPayload, Err: err}
	}
	n, err := a.alter(ctx, "edit", `UPDATE message SET payload = ?, key = ? WHERE channel = ? AND id = ?`, []byte(p), string(key), r.Channel.ID, r.ID)
	if err == nil && n == 0 {
		return chat.ErrNotFound
	}
	return err
}

// Remove takes a message away, and its thread with it.
func (a *Adapter) Remove(ctx context.Context, r chat.Receipt) error {
	_, err := a.alter(ctx, "remove", `DELETE FROM message WHERE channel = ?1 AND (id = ?2 OR thread = ?2)`, r.Channel.ID, r.ID)
	return err
}

// alter runs a statement and gives how many messages it changed.
func (a *Adapter) alter(ctx context.Context, what, statement string, args ...any) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, &chat.SendError{Outcome: chat.Retryable, Err: fmt.Errorf("web %s: %w", what, err)}
	}
	res, err := a.db.ExecContext(ctx, statement, args...)
	if err != nil {
		err = fmt.Errorf("web %s: %w", what, err)
		if busy(err) {
			return 0, &chat.SendError{Outcome: chat.Retryable, Err: err}
		}
		return 0, err
	}
	return res.RowsAffected()
}

// threadOf is the message in whose thread a channel is, NULL if in none.
func threadOf(c chat.Channel) sql.NullString {
	return sql.NullString{String: c.Thread, Valid: c.Thread != ""}
}

// channelPath is the path of a channel's page.
func channelPath(channel string) string { return "/c/" + url.PathEscape(channel) }

// permalink is the path of a message, on the page of its channel.
func permalink(channel, id string) string { return channelPath(channel) + "#m" + id }

// posted is a message that stands in a channel.
type posted struct {
	ID      int64
	Channel string
	At      time.Time
	message
	// Unreadable messages have a payload that nothing can be made of.
	Unreadable bool
	// Replies are what hangs under it, oldest first.
	Replies []posted
}

// Path is where the message stands in the room.
func (p posted) Path() string { return permalink(p.Channel, strconv.FormatInt(p.ID, 10)) }

// before gives up to limit messages of a channel that are older than the one
// with that id, newest first, with their threads.
func (a *Adapter) before(ctx context.Context, channel string, id int64, limit int) ([]posted, error) {
	return a.threads(ctx, `channel = ? AND thread IS NULL AND id < ? ORDER BY id DESC LIMIT ?`, channel, id, limit)
}

// one gives the message of that id, with its thread; ErrNotFound when there is
// none.
func (a *Adapter) one(ctx context.Context, id int64) (posted, error) {
	all, err := a.threads(ctx, `id = ?`, id)
	if err != nil {
		return posted{}, err
	}
	if len(all) == 0 {
		return posted{}, chat.ErrNotFound
	}
	return all[0], nil
}

// threads gives messages and what hangs under them.
func (a *Adapter) threads(ctx context.Context, where string, args ...any) ([]posted, error) {
	all, err := a.query(ctx, where, args...)
	for i := range all {
		if err == nil {
			all[i].Replies, err = a.query(ctx, `thread = ? ORDER BY id`, all[i].ID)
		}
	}
	return all, err
}

func (a *Adapter) query(ctx context.Context, where string, args ...any) ([]posted, error) {
	return list(ctx, a.db, "messages", func(scan func(...any) error) (p posted, err error) {
		var ms int64
		var payload []byte
		if err := scan(&p.ID, &p.Channel, &ms, &payload); err != nil {
			return p, err
		}
		if p.message, err = parse(payload); err != nil {
			p.Unreadable = true
			a.warnUnreadable(p, err)
		}
		p.At = time.UnixMilli(ms).UTC()
		return p, nil
	}, `SELECT id, channel, posted, payload FROM message WHERE `+where, args...)
}

// list reads the rows of a query. Its error says what they are.
func list[T any](ctx context.Context, db *sql.DB, what string, read func(scan func(...any) error) (T, error), query string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("web %s: %w", what, err)
	}
	defer func() { _ = rows.Close() }()
	var all []T
	for rows.Next() {
		x, err := read(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("web %s: %w", what, err)
		}
		all = append(all, x)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("web %s: %w", what, err)
	}
	return all, nil
}

// warnUnreadable logs that a message cannot be read, once: pages ask for it again
// and again.
func (a *Adapter) warnUnreadable(p posted, cause error) {
	if _, known := a.unreadable.LoadOrStore(p.ID, true); !known {
		a.log.Warn("web: a message in the room's file cannot be read, the others are shown",
			"message", p.ID, "channel", chat.Channel{Adapter: a.name, ID: p.Channel}.String(), "file", a.file, "error", cause,
			"remedy", "stop digestbot and put a copy of the file in its place, or post the digest again with /digest resend")
	}
}

// change is the newest that happened to a message or to its thread: it was
// posted, edited or removed.
type change struct {
	Revision int64
	ID       int64
	Channel  string
}

// changes gives up to limit changes of every channel after a revision, in
// their order.
func (a *Adapter) changes(ctx context.Context, after int64, limit int) ([]change, error) {
	return list(ctx, a.db, "changes", func(scan func(...any) error) (c change, err error) {
		err = scan(&c.Revision, &c.ID, &c.Channel)
		return c, err
	}, `SELECT revision, message, channel FROM change WHERE revision > ? ORDER BY revision LIMIT ?`, after, limit)
}

// newest is the last revision, and the id of the last message of all channels;
// 0 when there is none.
func (a *Adapter) newest(ctx context.Context) (revision, id int64, err error) {
	err = a.db.QueryRowContext(ctx, `SELECT (SELECT coalesce(max(revision), 0) FROM change), (SELECT coalesce(max(id), 0) FROM message)`).Scan(&revision, &id)
	if err != nil {
		return 0, 0, fmt.Errorf("web messages: %w", err)
	}
	return revision, id, nil
}

// used names the channels that have messages.
func (a *Adapter) used(ctx context.Context) ([]string, error) {
	return list(ctx, a.db, "channels", func(scan func(...any) error) (name string, err error) {
		err = scan(&name)
		return name, err
	}, `SELECT DISTINCT channel FROM message ORDER BY channel`)
}
