package web

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

// sessionLife is how long a signed-in person stays signed in.
const sessionLife = 30 * 24 * time.Hour

// sessions are the sessions of signed-in people. Each has a random id, which is
// stored in the cookie. The store has only its hash, keyed by the token, so that a
// session survives a restart, is worthless under another token, and cannot be taken
// from a copy of the store. The store also has a marker for the token, a session
// that expired in 1970.
type sessions struct {
	store *store
	token chat.Secret
}

func (s sessions) hash(id string) []byte {
	mac := hmac.New(sha256.New, []byte(s.token.Reveal()))
	mac.Write([]byte(id))
	return mac.Sum(nil)
}

// renew deletes the sessions of any other token, so that they do not become valid
// again when that token is set again. If the token has not changed, it writes
// nothing.
func (s sessions) renew(ctx context.Context) error {
	mark := sha256.Sum256(s.hash("")) // no id has this hash
	var same bool
	if err := s.store.first(ctx, []any{&same}, `SELECT EXISTS (SELECT 1 FROM @session WHERE hash = ?1)`, mark[:]); err != nil || same {
		return err
	}
	return s.store.write(ctx, func(exec func(string, ...any) (int64, error)) error {
		// Another replica may have done so already, and people may have signed in there since.
		n, err := exec(`INSERT INTO @session (hash, expires) VALUES (?1, 0) ON CONFLICT (hash) DO NOTHING`, mark[:])
		if err == nil && n > 0 {
			_, err = exec(`DELETE FROM @session WHERE hash <> ?1`, mark[:])
		}
		return err
	})
}

// begin begins a session and returns its id. It deletes expired sessions.
func (s sessions) begin(ctx context.Context, now time.Time) (id string, err error) {
	id = rand.Text()
	err = s.store.write(ctx, func(exec func(string, ...any) (int64, error)) error {
		if _, err := exec(`DELETE FROM @session WHERE expires BETWEEN 1 AND ?1`, now.UnixMilli()); err != nil {
			return err
		}
		_, err := exec(`INSERT INTO @session (hash, expires) VALUES (?1, ?2)`, s.hash(id), now.Add(sessionLife).UnixMilli())
		return err
	})
	return id, err
}

// good reports whether an id belongs to a session that has not expired.
func (s sessions) good(ctx context.Context, id string, now time.Time) (good bool, err error) {
	err = s.store.first(ctx, []any{&good}, `SELECT EXISTS (SELECT 1 FROM @session WHERE hash = ?1 AND expires > ?2)`, s.hash(id), now.UnixMilli())
	return good, err
}

// end ends the session with that id, if there is one.
func (s sessions) end(ctx context.Context, id string) error {
	_, err := s.store.change(ctx, `DELETE FROM @session WHERE hash = ?1`, s.hash(id))
	return err
}
