package wire

import (
	"context"
	"net/http"
	"time"

	"github.com/bwmarrin/discordgo"
)

// Date returns the Date header of one of Discord's answers and the time of the request.
func (r *Client) Date(ctx context.Context) (date string, asked time.Time, err error) {
	const path = "gateway"
	k := routeOf(http.MethodGet, path)
	if err := r.Limiter.acquire(ctx, k, true); err != nil {
		return "", asked, err
	}
	var header http.Header
	defer func() { r.Limiter.release(k, header, nil) }()
	asked = time.Now()
	_, header, err = r.exchange(ctx, http.MethodGet, path, nil)
	return header.Get("Date"), asked, err
}

// Sessions asks how many sessions may be started.
func Sessions(ctx context.Context, r *Client) (in Connect, err error) {
	err = r.Call(ctx, http.MethodGet, discordgo.EndpointGatewayBot, nil, &in)
	return in, err
}
