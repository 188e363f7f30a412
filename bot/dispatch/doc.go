// Package dispatch puts the packages together that bring digests to channels: plan
// decides what is owed to which channel, and deliver gets it there exactly once. Here
// are the rules that both keep, and the tests that hold them to these rules together.
// The engines in bot/engine wake it.
//
// # Why
//
// Planning is idempotent, and every decision is in the ledger before it is acted on.
// So a restart needs no special case: it reads the same rows and continues by the same
// rules. The result of Send decides what follows an attempt:
//
//	nil                the part is sent; continue with the next
//	Retryable          the part is certainly absent: wait as long as the platform asks, else back off
//	RejectedPayload    the delivery fails, with the reason; no other channel is affected
//	RejectedChannel    the channel is blocked, and its backlog is kept
//	RejectedAccount    the adapter is blocked; the process stays up and reports it
//	InDoubt, or died   reconcile: inside the dedup window, send again with the same key; after
//	                   it, wait until the attempt has settled and look for the message
//
// A refusal of a later attempt says nothing about an earlier one: a part in doubt stays
// in doubt until it is reconciled. If the adapter cannot search for a message, or its
// outcome is still unknown after doubtLimit, the delivery is held: an admin decides.
// Nothing is sent blindly, and nothing waits behind a held delivery. Edits and
// publications are idempotent, so they are simply repeated.
//
// # What makes absence certain
//
// A part in doubt is sent again only if it is certainly absent, that is, if
// Capabilities.Looks consecutive looks did not find it:
//
//   - The first look comes Settle after the latest attempt began, which is longer
//     than SendTimeout, so the attempt is over. Each further look comes Settle after
//     the one before, so a history that lags has time to show the part.
//   - With each look the adapter confirms that it has read the whole history since
//     the first attempt, and that the part is not in it. An adapter confirms this only
//     if it may read everything and nothing indicates that the history is behind.
//   - If a look fails, the clock is set, or a new attempt is made, the looks start
//     again. One look that finds the part decides.
//
// Slack does not recognise a repeated key, so this takes at least 75 s there: see
// adapters/slack. On Discord, the part is sent again with its key while the dedup
// window is open; after that, one look decides, 20 s after the latest attempt. A post
// in a Discord forum is always looked for first, since Discord compares no nonces there.
//
// # Rounds
//
// Parts are posted in rounds: each delivery posts one part at a time (Round), so many
// channels have the first part before one of them has the second. A round waits for no
// channel: one that is rate-limited or in doubt is not due, and continues when it is.
//
// # Circuit breakers and pauses
//
// A channel or an account that the platform refuses is blocked by a circuit breaker:
// its backlog stays in order, and its first delivery is tried again at growing
// intervals of up to an hour. One delivery probes for a whole account. A restart
// probes at once. After retryLimit a delivery fails, with its reason. A delivery that
// someone asked for by hand fails at once, so that they learn of it.
//
// A platform may refuse a message for its content and only say that it failed, as
// Discord does with some long ones. A part is held if it is absent after the same error
// time after time, while other posts are accepted.
//
// Only admins pause: nothing new is posted to the channel, and its slots are skipped.
//
// # Planning
//
// Subscriptions made in chat, pauses and the like are written to the ledger first and
// then applied in memory. A message to a follower is planned before the post is
// recorded as sent; if the platform refuses the message, it fails and blocks nothing.
//
// If no subscription names a channel any more, its deliveries are skipped, unless
// something of them was posted or may have been: people correct a wrong channel
// because nothing should be posted there.
//
// If a slot finds a digest that it does not post (one without stories, or one of the
// bot's examples on a platform), the digest is skipped with its reason when the slot's
// wait is over. Its text is not recorded: when its file becomes fit to be posted, it is
// owed like any other.
//
// A notice to the admins is a delivery, too. Its key is derived from its subject, so it is
// posted once, however often the bot is restarted.
//
// A file that changes after it was posted is a correction, unless none of its
// headlines was in the post: then it is another digest under an old name, and owed
// like any other. Pipelines that rewrite latest.md repeat a story now and then, so a
// file about another day is another digest even if some headlines are old. A headline
// may be reworded, so a file that keeps most of its links on its day is the same
// digest. Corrections compare what digests say, not how it was rendered: a new version
// of the bot corrects nothing.
//
// # When two files are one digest
//
// Two files are one digest if they have the same content, whatever their names:
// digest.Same decides. Of copies that exist side by side, the library has one. A file that
// is renamed, moved, or copied and rewritten leaves deliveries behind whose ID no longer
// exists or has other content. Before anything is planned, these are moved to the digest
// that now has what they said (plan/moves.go): it is not posted again, is corrected in
// place, and is found and resent under its new name. That is the digest of the
// same day and language with the same words; else the one with four fifths of the
// headlines of the larger one, or with half of them under the same title; and, if
// both have sources, half of the links. A corrected date makes no difference if every
// word is the same.
//
// x-en and x-zh are two digests, and so are two files that share a story or two. A file
// that was moved and rewritten by more than half while the bot was down is another
// digest. It may take a name that was used before: then its key is derived like that of
// a rewritten file.
//
// # Faults
//
// The possible faults, their effect, and the tests that show it, in this package
// unless a folder is named. TestSimulation and TestDeathAtEveryAwait combine most of
// these in thousands of histories; TestReplicaSimulation does so with several replicas
// over one ledger.
//
//	the response is lost after the post     found or recognised, posted once; TestLostAnswers, TestHistoryThatLags
//	refused before the post                 retried as asked, posted once; TestRetryableWaitsAsLongAsThePlatformSays
//	death at any change or request          nothing lost, repeated or out of order; TestDeathAtEveryChange, TestDeathAtEveryAwait
//	death by SIGKILL                        the same over real sockets; cmd/digestbot TestPowerCut, TestStories, bot/ledger/sqlite TestKilledAfterEveryWrite
//	down longer than the dedup window       history decides; TestDeathAtEveryChange, TestSimulation
//	a killed request still takes effect     absence is believed only when it has settled; TestAnAttemptThatHangsIsCutAndSettled, TestSimulation
//	history shows a post late               several looks, some time apart; TestLooks, adapters/slack TestLooksTellPresence
//	history is behind                       it proves nothing, and the looks start again; TestALookThatFailsDoesNotCount, adapters/slack TestHistoryThatIsBehind
//	refused or cut off, and without effect  repeated within 90 s; TestAbsenceIsBelievedSoon, cmd/digestbot TestRecovery
//	history cannot be read                  wait, then held with a notice; TestWhatCannotBeToldIsHeldAndNotRepeated
//	a refusal while a post is in doubt      it stays in doubt; TestRefusedWhileInDoubt
//	a request at the end of the window      history instead; TestTheWindowIsNotUsedToItsEnd
//	two processes on one ledger             the second is refused; bot/ledger/sqlite TestLock. Stale changes of a row are fenced; TestLedger there
//	a replica is frozen, and wakes          no request if another took over; TestReplicaSimulation, bot/engine/replicas TestLeaseOfTheDead
//	a lease moves, at any time              the next holder settles what is left; TestReplicaSimulation
//	a change is made, its response lost     the row is read again; TestReplicaSimulation
//	the database is away for a while        nothing is posted, then everything continues; TestReplicaSimulation
//	a replica sees a file later             the others wait a minute for it; TestLibraryThatLagsBehind, TestReplicaSimulation
//	429 of a route, global, shared          adapters/discord TestPace, adapters/discord/internal/wire TestBucketsGo; adapters/slack TestOneChannelThatIsLimitedHoldsUpNoOther
//	rate limits that get tighter            adapters/discord TestPaceLearns; adapters/slack TestTheWorkspaceTakesLess
//	the token is revoked                    occasional requests, one notice, resumes; TestPausedAdapter, TestUnheard
//	the gateway never resumes               a new session within half a minute; adapters/discord TestResumeWithoutEnd, cmd/digestbot TestRecovery
//	connections lost one after another      each is restored as fast as the first; adapters/discord TestDropsDoNotAddUp, adapters/slack TestCutsDoNotAddUp
//	a gateway that sends nonsense           the connection ends with an error; adapters/discord TestGatewayOutOfBounds, adapters/slack TestPingsAreNoHello
//	commands are no longer received         one notice at once, one when they are again; TestUnheard
//	the channel is gone or closed           backlog kept, one notice, resumes in order, given up after days; TestPausedChannel, TestPausedForEver
//	a payload that is refused               fails with the reason, no other affected; TestRejectedIsRecordedAndDisturbsNoOther
//	the same payload fails each time        held, if it fails even after others were accepted; TestStubborn
//	the platform is down for an hour        nothing held, each digest posted once within minutes; TestDownForAnHour, TestAnOutageHoldsNothing
//	the same error forever                  held or given up, with a reason; TestDoubtWithoutEndIsHeld, TestRetryingEnds
//	an inconsistent row in the ledger       held with the reason or ended, one notice, no other affected; TestDamagedRows, TestDamagedSlots
//	config.toml no longer has an adapter    slots fail with the reason, until it is back; TestLostAdapter, cmd/digestbot TestStories
//	config.toml leaves a home out           the same, and no messages to followers there; TestLostHome, cmd/digestbot TestStories
//	settings of another version             nothing is posted for them, one notice; TestNotUnderstoodIsTold
//	a digest that fills dozens of messages  headlines and a button to the rest, one notice; TestMaxParts, TestMaxPartsIsToldOnce, cmd/digestbot TestLongDigestIsPostedAsHeadlines
//	part 1 is posted, part 2 fails          only part 2 again, after part 1; TestLostAnswers, TestReleaseAndForget
//	a post is edited while it is sent       each channel gets one version, then the correction; TestDeathAtEveryChange
//	a post is removed                       not posted again; TestWhatWasRemovedIsNotPostedAgain
//	a digest is removed, or not renderable  skipped or failed, with the reason; TestDigestThatIsGoneOrCannotBeRendered
//	a file half written, or broken          digest/source TestScanNeverTakesHalfAFile, TestScanKeepsWhatWasGood
//	a file is renamed, moved or edited      not posted again, corrected in place; TestMovedDigestIsNotPostedAgain, TestMovedAndEdited, digest/source TestScanOfMovedFiles
//	a copy of a file appears, at any time   left out, and reported by lint; TestCopiesArePostedOnce, digest/ TestSame, TestCopyNames
//	latest.md is archived elsewhere         each digest posted once; TestLatestIsRotated, TestEditionsOfOneDay
//	a digest takes a name that was used     posted like any other; TestMovedThereAndBack, TestBundleUnderUsedNames
//	moved while a post is in flight         continues under the new name; TestMovedWhileUnderWay, TestMovedDuringAnAttempt, TestMovedBeforeItIsComposed, TestMovedBeforeAChannelBegins
//	moved between two channels' posts       each has it once, followers get one message; TestMovedBetweenChannels, TestFollowersOfWhatWasMoved
//	a ledger that recorded only paths       carried over; TestLedgerOfAnOlderBuild
//	two digests that are very similar       both are posted; TestAnotherDigestIsNoMove, digest/ TestSame
//	a clock change of a zone                bot/schedule TestEveryClockChange
//	the clock is set by hours or days       nothing twice, no slot lost during its wait; TestClockThatIsSet, TestWaitingFollowsTheClock, TestDoubtFromAnotherClock
//	the bot was not running                 the last slot opens if its wait is not over; TestDowntimeOpensTheLastSlotInsideItsWait
//	no one notices that nothing arrived     admins and channels get notices; TestSlotsAreTold, TestOnEmpty
//	the disk is full, the file is damaged   no promise, no post; bot/ledger/sqlite TestDiskFull, TestDamagedFile, TestDamagedLog
//	the database of replicas is away        nothing is lost, people get answers; bot/engine/replicas TestLeaseWithoutDatabase, bot/ledger/postgres TestRestart
//	the clock of a replica is wrong         it plans and posts nothing, and reports it; bot/engine/replicas TestWrongClock
//	a request that reaches two replicas     answered once; adapters/discord TestClaims, adapters/slack TestClaims
//	stopped during a long wait              stops at once, the state is kept; bot/engine/local TestStopLetsAnAttemptEnd
//	a request that is delivered twice       planned once; bot/command TestResend
//	a thousand channels, a long digest      part 1 to all, then part 2; bot/engine/local TestRounds
//	a digest of a future day exists         due on its day, never the newest before; TestDayToCome, bot/command TestNewestHasCome
//	the first start finds old digests       a team gets none, or all of the newest day if fresh; TestStartIsFreshExceptOnTheLocalPage, TestStartsWithAllOfTheNewestDay
//	the library is the examples             a team gets none, with the reason; TestExamples
//	a day without news                      an outcome of its own, no post, no alert; TestDayWithoutNews, TestDeathOnADayWithoutNews
//	a wrong channel is corrected            its backlog is not posted there; TestBacklogOfAChannelThatNobodyNames, bot/engine/local TestNothingIsPostedBeforeTheFirstPlan
//	a subscription changes in a slot        each slot ends with an outcome; TestSubscriptionsChangeWhileRunning
//	an admin pauses a channel               nothing new, no alert, in order afterwards; TestHalt
//	death during messages to followers      each gets one message; TestFollowersAreToldOnce
//	a button is pressed twice, or by two    done once; bot/command TestResend
//	two subscriptions that overlap          posted once; TestOverlappingSubscriptionsPostOnce, TestBundlesThatOverlap
//
// A bug that panics ends only the work in progress: it is logged with its stack at
// ERROR, and the next work begins. The places that ensure this:
//
//	a file is read                          it has a problem, the previous version stays; digest/source TestBugInReading, TestBugInALibrary, cmd/digestbot TestBugInReading
//	files or a commit become a library      the previous one stays, retried; digest/source TestBugInAScan, TestBugInACommit
//	a digest is indexed for the search      the others are found; digest/shelf TestBugInIndexing
//	the desk prepares the library           it is prepared when asked; cmd/digestbot/internal/house TestLearn
//	a digest is rendered                    fails with a reason, one notice, no other affected; TestBugInRender
//	a post is corrected                     it stays as it is; TestWhatIsNoCorrection
//	the platform is asked to post, to look  in doubt, settled as usual, finally held; TestBugInAnAdapter, TestBugWithoutEnd, TestSimulation
//	followers get messages                  the post is made, once; TestBugForFollowers
//	a subscription is planned               the others are planned, retried in a minute; TestBugInPlan
//	a delivery has its turn                 as after death, retried in seconds; bot/engine/local TestBugInATurn, TestBugEachTime
//	the ledger writes a change              it is rolled back, the next is written; bot/ledger/sqlite TestBugInAChange
//	a command, suggestions, a form          an apology; bot/command TestFailuresAreWordedForReadersAndLoggedForOperators
//	a request on a platform                 an apology, slots and permits are back; adapters/discord TestAdapter, TestBugInARequest, adapters/slack TestConformance, TestBugInAReply, adapters/slack/internal/wire TestBugInAPost
//	a connection to a platform              another is opened, after growing delays; adapters/discord TestBugOnTheGateway, TestBugInASession, adapters/discord/internal/wire TestBugInAHeartbeat, adapters/slack TestBugOnTheWay
//	an adapter begins to listen             no commands there, one notice; adapters/discord TestBugWhileListening, cmd/digestbot TestBugInAListener
//	a page, any HTTP request                an apology; adapters/web TestBugInAPage, cmd/digestbot/internal/house TestBugInARequest, bot/panics TestHandler
//	a command in a terminal                 fails with a message; cmd/digestbot TestBugInACommand
//
// # Guards
//
// The measures against all that, and for each a test that fails, among others, if the
// measure is removed:
//
//	the promise before the request         TestDeathAtEveryChange
//	a part in doubt survives a refusal     TestRefusedWhileInDoubt
//	the key, and that it is enforced       adapters/discord TestSend
//	the channel in the key                 bot/ledger TestKeys
//	settling before absence is believed    TestHistoryThatLags
//	requests given up are withdrawn        adapters/slack/internal/wire TestWhatWasGivenUpIsTakenBack
//	history before another attempt         TestLostAnswers
//	several looks                          TestLooks
//	the fence                              bot/ledger/sqlite TestLedger
//	promises only by the lease holder      TestReplicaSimulation
//	a final check of the lease             TestReplicaSimulation
//	a time limit from the promise on       TestReplicaSimulation
//	permits held until the response        adapters/discord TestPace
//	a silent first second                  adapters/discord TestFirstSecond, adapters/slack TestNothingIsPostedRightAfterTheStart
//	slots by wall-clock time               bot/schedule TestEveryClockChange
//	the size of a message                  adapters/discord TestAdapter
//	acknowledging before answering         adapters/discord TestListenTooLate, adapters/slack TestSlowHandlerIsAcknowledgedAtOnce
//	a lane for each channel                bot/engine/local TestOneSlowChannelDelaysNoOther
//	a lane for each adapter                bot/engine/local TestOneSlowAdapterDelaysNoOther
//	a lease for each adapter               bot/engine/replicas TestLeasesAreSpread, TestLeaseOfTheDead
//	the lease in the promise               bot/ledger/postgres TestAgreement
//	an outcome for each slot               TestSlotPostsWhatIsDueOldestFirst
//	permission, membership before absence  adapters/discord TestFind, adapters/slack TestFindTakesNothingForAbsenceWithoutMembership
//	one process on one state               bot/ledger/sqlite TestLock
//	the mark beside the ledger             bot/ledger/sqlite TestRemovedInUse
//	a home sees only its own               bot/command TestAdminsOfAnotherHome
//
// # What remains
//
// Exactly once cannot be guaranteed in these cases: a process that is frozen between
// promise and call for longer than the dedup window or the looks; a person who deletes a
// post while it is in doubt, which is then posted again if only the history decides; a
// platform whose history hides a post for longer than all looks; a clock that is set back
// while the bot is down, by less than the downtime, so that the dedup window still seems
// open, or one that is set in the half second in which an attempt ends; and an admin who
// releases a delivery that was posted already.
package dispatch
