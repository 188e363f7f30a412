package discord

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
)

// pageLimit is the maximum number of messages in a page of the history.
const pageLimit = 100

// history is a search for one message in a channel. The messages between
// low and high have not been read yet.
type history struct {
	rest      *wire.Client
	channel   string
	wanted    func(posted) bool
	low, high uint64
	size      int // of the next page
	seen      int // number of messages read
}

// search returns the id of the message, or "" if it does not exist.
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

// look examines a page and moves low or high towards the other.
func (h *history) look(page []posted, upward bool) (found string, err error) {
	low, high := h.low, h.high
	for _, m := range page {
		id, err := strconv.ParseUint(m.ID, 10, 64)
		if err != nil {
			return "", fmt.Errorf("id %q is not a number", m.ID)
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
