package sqlite

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/digestbot/digestbot/bot/cache"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// rows are the rows of a delivery and its parts, without payloads.
type rows struct {
	key      chat.Key
	seq      int64
	version  int64
	delivery []any
	parts    [][]any // the key of each comes last
}

// The columns of rows.
var (
	deliveryNames = strings.Fields(`digest title adapter channel subscription style language cause asked_by
		slot bundle planned ended since revised said state reason next pause paused decisions`)
	partNames = strings.Fields(`thread surplus state attempts first last looks
		receipt_adapter receipt_channel receipt_thread receipt_id receipt_url publish reason`)
)

// rowsOf returns the rows for d. The values have the types of the driver: converting them
// beforehand keeps no other writer waiting, and a value that cannot be stored fails only
// this delivery.
func rowsOf(d *ledger.Delivery) (r rows, err error) {
	r = rows{key: d.Key, version: d.Version, delivery: columns(d), parts: make([][]any, len(d.Parts))}
	if err = plain(r.delivery); err != nil {
		return r, err
	}
	for i, x := range d.Parts {
		r.parts[i] = append(partColumns(x), string(x.Key))
		if err = plain(r.parts[i]); err != nil {
			return r, err
		}
	}
	return r, nil
}

// plain converts values to the types of the driver.
func plain(values []any) (err error) {
	for i, v := range values {
		switch v.(type) {
		case string, bool, int64:
			continue // the usual case
		}
		if values[i], err = driver.DefaultParameterConverter.ConvertValue(v); err != nil {
			return err
		}
	}
	return nil
}

// recent caches the rows that this process last wrote for unfinished deliveries, so that
// the next change of a delivery writes only what has changed: no unaffected index, no other
// part. A row with the same version equals the cached one, because every writer increments
// the version.
type recent struct {
	all cache.Recent[chat.Key, rows]
	// texts caches the texts of statements, by statement.
	texts sync.Map
}

// recentLimit is the minimum capacity: more than the deliveries in progress at the same
// time.
const recentLimit = 256

// query is a statement and its arguments.
type query struct {
	query string
	args  []any
}

// changes returns the queries that turn the cached rows of a delivery into the current
// ones. The first updates the delivery's own row, if that is unchanged. known is false if
// the rows are not in the cache, or not all of them.
func (r *recent) changes(now *rows) (changes []query, known bool) {
	was, ok := r.all.Get(now.key)
	if !ok || was.version != now.version || len(was.parts) != len(now.parts) {
		return nil, false
	}
	now.seq = was.seq
	set, args := differences(was.delivery, now.delivery)
	if set&revised != 0 {
		return nil, false // the payloads may be new
	}
	changes = append(changes, query{r.text(statement{set: set}), append(args, was.seq, was.version)})
	for i := range now.parts {
		if was.parts[i][len(partNames)] != now.parts[i][len(partNames)] {
			return nil, false
		}
		if set, args := differences(was.parts[i][:len(partNames)], now.parts[i]); set != 0 {
			changes = append(changes, query{r.text(statement{true, set}), append(args, was.seq, int64(i+1))})
		}
	}
	return changes, true
}

// columnSet is a set of columns: one bit each, in the order of their names.
type columnSet uint32

// revised is the set of only that column.
var revised = columnSet(1) << slices.Index(deliveryNames, "revised")

// differences returns the columns that have changed, and their new values.
func differences(was, now []any) (set columnSet, args []any) {
	for i := range was {
		if was[i] != now[i] {
			if args == nil {
				args = make([]any, 0, 10) // with room for those that identify the row
			}
			set, args = set|1<<i, append(args, now[i])
		}
	}
	return set, args
}

// statement updates columns of a delivery with a version, or of one of its parts.
type statement struct {
	part bool
	set  columnSet
}

// text returns the statement in SQL.
func (r *recent) text(s statement) string {
	if text, ok := r.texts.Load(s); ok {
		return text.(string)
	}
	names, frame, last := deliveryNames, "UPDATE deliveries SET %s WHERE seq = ? AND version = ?", []string{"version = version + 1"}
	if s.part {
		names, frame, last = partNames, "UPDATE parts SET %s WHERE delivery = ? AND number = ?", nil
	}
	var sets []string
	for i, name := range names {
		if s.set&(1<<i) != 0 {
			sets = append(sets, name+" = ?")
		}
	}
	text := fmt.Sprintf(frame, strings.Join(append(sets, last...), ", "))
	r.texts.Store(s, text)
	return text
}

// note caches the rows as they were written, unless their delivery has ended.
func (r *recent) note(now *rows, ended bool) {
	if ended {
		r.all.Delete(now.key)
		return
	}
	now.version++
	r.all.Put(now.key, *now)
}
