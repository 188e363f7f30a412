package web

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

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
	if err := ctx.Err(); err != nil {
		return chat.Receipt{}, &chat.SendError{Outcome: chat.Retryable, Err: fmt.Errorf("web send: %w", err)}
	}
	_, err := a.db.ExecContext(ctx,
		`INSERT INTO message (channel, key, posted, payload) VALUES (?, ?, ?, ?) ON CONFLICT (channel, key) DO NOTHING`,
		to.ID, string(key), time.Now().UnixMilli(), []byte(p))
	if err != nil {
		err = fmt.Errorf("web send: %w", err)
		if busy(err) {
			return chat.Receipt{}, &chat.SendError{Outcome: chat.Retryable, Err: err}
		}
		return chat.Receipt{}, err
	}
	return a.Find(ctx, to, key, time.Time{})
}

// Find looks the key up. Since is not needed: a key stands in a channel once,
// whenever that was.
func (a *Adapter) Find(ctx context.Context, in chat.Channel, key chat.Key, _ time.Time) (chat.Receipt, error) {
	var id int64
	err := a.db.QueryRowContext(ctx, `SELECT id FROM message WHERE channel = ? AND key = ?`, in.ID, string(key)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return chat.Receipt{}, chat.ErrNotFound
	}
	if err != nil {
		return chat.Receipt{}, fmt.Errorf("web find: %w", err)
	}
	r := chat.Receipt{Channel: in, ID: strconv.FormatInt(id, 10)}
	if a.home != nil {
		r.URL = a.home.String() + permalink(in.ID, id)
	}
	return r, nil
}

// busy reports whether another process held the file for too long, so that
// nothing was written.
func busy(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == sqlite3.SQLITE_BUSY
}

// channelPath is the path of a channel's page.
func channelPath(channel string) string { return "/c/" + url.PathEscape(channel) }

// permalink is the path of a message, on the page of its channel.
func permalink(channel string, id int64) string {
	return channelPath(channel) + "#m" + strconv.FormatInt(id, 10)
}

// posted is a message that stands in a channel.
type posted struct {
	ID      int64
	Channel string
	At      time.Time
	message
}

// Path is where the message stands in the room.
func (p posted) Path() string { return permalink(p.Channel, p.ID) }

// before gives up to limit messages of a channel that are older than the one
// with that id, newest first.
func (a *Adapter) before(ctx context.Context, channel string, id int64, limit int) ([]posted, error) {
	return a.query(ctx, `SELECT id, channel, posted, payload FROM message WHERE channel = ? AND id < ? ORDER BY id DESC LIMIT ?`, channel, id, limit)
}

// after gives up to limit messages of every channel that are newer than the
// one with that id, oldest first.
func (a *Adapter) after(ctx context.Context, id int64, limit int) ([]posted, error) {
	return a.query(ctx, `SELECT id, channel, posted, payload FROM message WHERE id > ? ORDER BY id LIMIT ?`, id, limit)
}

func (a *Adapter) query(ctx context.Context, query string, args ...any) ([]posted, error) {
	rows, err := a.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("web messages: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var all []posted
	for rows.Next() {
		var p posted
		var ms int64
		var payload []byte
		if err := rows.Scan(&p.ID, &p.Channel, &ms, &payload); err != nil {
			return nil, fmt.Errorf("web messages: %w", err)
		}
		if p.message, err = parse(payload); err != nil {
			return nil, fmt.Errorf("web message %d: %w", p.ID, err)
		}
		p.At = time.UnixMilli(ms).UTC()
		all = append(all, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("web messages: %w", err)
	}
	return all, nil
}

// newest is the id of the last message of all channels, or 0.
func (a *Adapter) newest(ctx context.Context) (int64, error) {
	var id int64
	if err := a.db.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM message`).Scan(&id); err != nil {
		return 0, fmt.Errorf("web messages: %w", err)
	}
	return id, nil
}

// used names the channels that have messages.
func (a *Adapter) used(ctx context.Context) ([]string, error) {
	rows, err := a.db.QueryContext(ctx, `SELECT DISTINCT channel FROM message ORDER BY channel`)
	if err != nil {
		return nil, fmt.Errorf("web channels: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("web channels: %w", err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("web channels: %w", err)
	}
	return names, nil
}
