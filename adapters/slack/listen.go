package slack

import (
	"context"
	"fmt"
	"time"

	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
	"github.com/digestbot/digestbot/bot/chat"
)

// replyGrace is the grace period for replies when Listen ends.
const replyGrace = 3 * time.Second

// times are delays that tests shorten.
type times struct {
	wire.Times
	grace, inTime, locale time.Duration
}

// Listen receives commands over Socket Mode or HTTP, as configured. If what
// that needs is missing, people cannot give commands, and Listen only waits.
func (a *Adapter) Listen(ctx context.Context, root chat.Command, h chat.Handler, tell func(where string)) (err error) {
	ready := func(where string) {
		a.broken.Store(nil)
		tell(where)
	}
	defer func() {
		if err != nil {
			a.broken.Store(&err)
		}
	}()
	if why := a.Capabilities().Off; why != "" {
		a.log.Warn("slack: nobody can give commands here", "reason", why)
		<-ctx.Done()
		return nil
	}
	me, err := a.account.of(ctx, a.client)
	switch {
	case ctx.Err() != nil:
		return nil
	case wire.Permanent(err):
		return fmt.Errorf("%s: %w", a.name, &chat.SendError{Outcome: chat.RejectedAccount, Err: err})
	case err != nil:
		a.log.Warn("slack: Slack did not say who the bot is", "error", err)
	}
	where := me.Name + " (" + me.Team + ")"
	if me.Name == "" {
		where = a.client.Base.Host
	}
	if why := a.deaf(); why != "" {
		ready(fmt.Sprintf("%s, for posts only: %s, so nobody can give commands", where, why))
		<-ctx.Done()
		return nil
	}
	answering, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	l := &listener{Adapter: a, root: root, handler: h, admit: newAdmission(answering, a.first, a.log), parse: parser{adapter: a.name, root: root}}
	if a.byHTTP {
		a.heard.Store(l)
		ready(fmt.Sprintf("%s, at %s", where, a.path))
		<-ctx.Done()
		a.heard.Store(nil)
	} else {
		s := wire.Socket{
			Client: a.client, Log: a.log, Times: a.times.Times, Take: l.takeEnvelope,
			Ready: func(others int) {
				a.tellOthers(others)
				ready(where)
			},
			Broken: func(why error) { a.broken.Store(&why) },
		}
		err = s.Run(ctx)
	}
	grace := time.AfterFunc(a.times.grace, stop)
	defer grace.Stop()
	l.admit.close()
	l.admit.work.Wait()
	if err != nil {
		return fmt.Errorf("%s: Socket Mode: %w", a.name, err)
	}
	return nil
}

// tellOthers records how many connections others hold, and warns when there are any.
// If several of the bot's own processes share the adapter, the connections are theirs.
func (a *Adapter) tellOthers(n int) {
	if a.shared {
		return
	}
	if before := a.others.Swap(int64(n)); before == 0 && n > 0 {
		a.log.Warn("slack: another process listens with this app token: end the other process, or give it an app of its own", "reason", crowded(n))
	}
}

// deaf says why people cannot give commands; it is empty if they can.
func (a *Adapter) deaf() string {
	switch {
	case !a.byHTTP && a.app.Empty():
		return "there is no app token"
	case a.byHTTP && a.signing.Empty():
		return "there is no signing secret"
	case a.byHTTP && !a.mounted:
		return "there is no HTTP server"
	}
	return ""
}

// listener is the state of one call of Listen.
type listener struct {
	*Adapter
	root    chat.Command
	handler chat.Handler
	admit   *admission
	parse   parser
}
