package postgres

import (
	"fmt"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// row has the rows of a delivery and its parts, in the form in which they are exchanged
// with the database: JSON, so that thousands of them are one parameter of one statement,
// and a delivery is one value from one snapshot.
type row struct {
	Place        int    `json:"place"` // in the order of planning
	Key          string `json:"key"`
	Digest       string `json:"digest"`
	Title        string `json:"title"`
	Adapter      string `json:"adapter"`
	Channel      string `json:"channel"`
	Subscription string `json:"subscription"`
	Style        string `json:"style"`
	Language     string `json:"language"`
	Cause        string `json:"cause"`
	AskedBy      string `json:"asked_by"`
	Slot         moment `json:"slot"`
	Bundle       string `json:"bundle"`
	State        string `json:"state"`
	Reason       string `json:"reason"`
	Planned      moment `json:"planned"`
	Next         moment `json:"next"`
	Ended        moment `json:"ended"`
	Since        moment `json:"since"`
	Revised      moment `json:"revised"`
	Said         string `json:"said"`
	Pause        string `json:"pause"`
	Paused       moment `json:"paused"`
	Decisions    string `json:"decisions"`
	Version      int64  `json:"version"`
	Parts        []part `json:"parts"`
}

// part is the row of a part.
type part struct {
	Number         int    `json:"number"`
	Key            string `json:"key"`
	State          string `json:"state"`
	Attempts       int    `json:"attempts"`
	First          moment `json:"first"`
	Last           moment `json:"last"`
	ReceiptAdapter string `json:"receipt_adapter"`
	ReceiptChannel string `json:"receipt_channel"`
	ReceiptThread  string `json:"receipt_thread"`
	ReceiptID      string `json:"receipt_id"`
	ReceiptURL     string `json:"receipt_url"`
	Reason         string `json:"reason"`
	Thread         bool   `json:"thread"`
	Surplus        bool   `json:"surplus"`
	Publish        string `json:"publish"`
	Looks          int    `json:"looks"`
	// Payload is nil if it is not known.
	Payload []byte `json:"payload"`
}

// columns are columns of a table that are exchanged, with their types.
type columns string

const (
	// deliveryColumns are all columns except key and version.
	deliveryColumns columns = `digest text, title text, adapter text, channel text, subscription text, style text,
		language text, cause text, asked_by text, slot bigint, bundle text, state text, reason text, planned bigint, next bigint,
		ended bigint, since bigint, revised bigint, said text, pause text, paused bigint, decisions text`
	partColumns columns = `number integer, key text, state text, attempts integer, first bigint, last bigint, receipt_adapter text,
		receipt_channel text, receipt_thread text, receipt_id text, receipt_url text, reason text, thread boolean, surplus boolean,
		publish text, looks integer`
)

// of returns the names of the columns, qualified with a row name.
func (c columns) of(row string) string {
	var names []string
	for column := range strings.SplitSeq(string(c), ",") {
		name := strings.Fields(column)[0]
		if row != "" {
			name = row + "." + name
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// rowOf returns the row for d, without payloads.
func rowOf(d *ledger.Delivery) (r row, err error) {
	said, err := list(d.Said)
	if err != nil {
		return row{}, err
	}
	decisions, err := list(d.Decisions)
	if err != nil {
		return row{}, err
	}
	r = row{
		Key: clean(string(d.Key)), Digest: clean(d.Digest), Title: clean(d.Title), Adapter: clean(d.Channel.Adapter), Channel: clean(d.Channel.ID),
		Subscription: clean(d.Subscription), Style: clean(d.Style), Language: clean(d.Language), Cause: clean(string(d.Cause)), AskedBy: clean(d.By),
		Slot: moment(d.Slot), Bundle: clean(string(d.Bundle)), State: clean(string(d.State)), Reason: clean(d.Reason), Planned: moment(d.Planned),
		Next: moment(d.Next), Ended: moment(d.Ended), Since: moment(d.Since), Revised: moment(d.Revised), Said: said,
		Pause: clean(string(d.Refused.Scope)), Paused: moment(d.Refused.Since), Decisions: decisions, Version: d.Version,
		Parts: make([]part, len(d.Parts)),
	}
	for i, p := range d.Parts {
		r.Parts[i] = part{
			Number: i + 1, Key: clean(string(p.Key)), State: clean(string(p.State)), Attempts: p.Attempts, First: moment(p.First), Last: moment(p.Last),
			ReceiptAdapter: clean(p.Receipt.Channel.Adapter), ReceiptChannel: clean(p.Receipt.Channel.ID), ReceiptThread: clean(p.Receipt.Channel.Thread),
			ReceiptID: clean(p.Receipt.ID), ReceiptURL: clean(p.Receipt.URL), Reason: clean(p.Reason), Thread: p.Thread, Surplus: p.Surplus,
			Publish: clean(string(p.Publish)), Looks: p.Looks,
		}
	}
	return r, nil
}

// wholeRowOf is rowOf with payloads.
func wholeRowOf(d *ledger.Delivery) (row, error) {
	r, err := rowOf(d)
	for i := range r.Parts {
		r.Parts[i].Payload = d.Parts[i].Payload
	}
	return r, err
}

// delivery converts the row to a delivery.
func (r *row) delivery() ledger.Delivery {
	d := ledger.Delivery{
		Key: chat.Key(r.Key), Digest: r.Digest, Title: r.Title, Channel: chat.Channel{Adapter: r.Adapter, ID: r.Channel}, Subscription: r.Subscription,
		Style: r.Style, Language: r.Language, Cause: ledger.Cause(r.Cause), By: r.AskedBy, Slot: time.Time(r.Slot), Bundle: chat.Key(r.Bundle),
		State: ledger.State(r.State), Reason: r.Reason, Planned: time.Time(r.Planned), Next: time.Time(r.Next), Ended: time.Time(r.Ended), Since: time.Time(r.Since),
		Revised: time.Time(r.Revised), Said: listed[ledger.Said](r.Said), Refused: ledger.Refusal{Scope: ledger.Scope(r.Pause), Since: time.Time(r.Paused)},
		Decisions: listed[ledger.Decision](r.Decisions), Version: r.Version,
	}
	for _, p := range r.Parts {
		d.Parts = append(d.Parts, ledger.Part{
			Key: chat.Key(p.Key), Payload: p.Payload, Thread: p.Thread, Surplus: p.Surplus, State: ledger.State(p.State), Attempts: p.Attempts,
			First: time.Time(p.First), Last: time.Time(p.Last), Looks: p.Looks,
			Receipt: chat.Receipt{Channel: chat.Channel{Adapter: p.ReceiptAdapter, ID: p.ReceiptChannel, Thread: p.ReceiptThread}, ID: p.ReceiptID, URL: p.ReceiptURL},
			Publish: ledger.State(p.Publish), Reason: p.Reason,
		})
	}
	return d
}

// selectRows returns the query for rows of deliveries, each as JSON, with or without
// payloads.
func selectRows(payloads bool) string {
	payload, from := `NULL`, `digestbot.parts AS p`
	if payloads {
		payload, from = `encode(y.payload, 'base64')`, `digestbot.parts AS p LEFT JOIN digestbot.payloads AS y ON y.delivery = p.delivery AND y.number = p.number`
	}
	return fmt.Sprintf(`SELECT row_to_json(r) FROM (SELECT d.key, d.version, %s, (SELECT json_agg(q ORDER BY q.number) FROM (SELECT %s, %s AS payload
		FROM %s WHERE p.delivery = d.seq) AS q) AS parts FROM digestbot.deliveries AS d %%s) AS r`, deliveryColumns.of("d"), partColumns.of("p"), payload, from)
}

// The queries of rows; clauses can be inserted.
var (
	selectWhole = selectRows(true)
	selectState = selectRows(false)
)
