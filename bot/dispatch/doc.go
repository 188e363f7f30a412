// Package dispatch puts the rooms together that bring digests to channels: plan
// decides what is owed to which channel, and deliver sees that it gets there once.
// It holds the rules that both keep, and the tests that hold them to these together.
// The engines in bot/engine wake it.
//
// # Why
//
// Planning is idempotent, and every decision is in the ledger before it is acted on.
// So a restart needs no special case: it reads the same rows and goes on by the same
// rules. One attempt ends by what Send says:
//
//	nil                the part is sent; on with the next
//	Retryable          the part is certainly absent: wait as long as asked, else back off
//	RejectedPayload    the delivery has failed, with the reason; no other channel is disturbed
//	RejectedChannel    the channel is blocked, and its backlog is kept
//	RejectedAccount    the adapter is blocked; the process stays up and says so
//	InDoubt, or died   reconcile: inside the dedup window, send again with the same key; after
//	                   it, wait until the attempt has settled and look for the message
//
// A refusal of a later attempt says nothing of an earlier one: what is in doubt stays
// in doubt until it is reconciled. If a message cannot be looked for, or its fate is
// unknown after doubtLimit, the delivery is held: an admin decides. Nothing is sent
// blindly, and nothing behind it waits. An edit and a publication can be done twice
// without harm, so they are done again.
//
// # What makes absence certain
//
// A part in doubt is sent again only if it is certainly absent, that is, if
// Capabilities.Looks looks in a row did not show it:
//
//   - The first look comes Settle after the latest attempt began, which is longer
//     than SendTimeout, so the attempt is over. Each other look comes Settle after
//     the one before, so a history that lags has time to show the part.
//   - Each look is the adapter's word that the whole history since the first attempt
//     was read and lacks the part. An adapter gives that word only if it may read
//     everything and nothing says that the history is behind.
//   - A look that fails, a clock that was set, or a new attempt makes the looks begin
//     again. One look that shows the part decides.
//
// Slack does not recognise a repeated key, so this takes at least 75 s there: see
// adapters/slack. On Discord, the part is sent again with its key while the dedup
// window is open; after that, one look decides, 20 s after the latest attempt.
//
// # Rounds
//
// Parts go in rounds: each delivery takes one part at a time (Round), so many channels
// have the first part before one of them has the second. A round waits for nobody: a
// channel that is limited or in doubt is not due, and goes on when it is.
//
// # Circuit breakers and pauses
//
// A channel or an account that the platform refuses is blocked by a circuit breaker:
// its backlog stays in order, and its first delivery is tried again at growing
// intervals of up to an hour. One delivery probes for a whole account. A restart
// probes at once. After retryLimit a delivery has failed, with its reason. A delivery
// that somebody asked for by hand fails at once, so that they hear of it.
//
// A platform may refuse a message for its content and only say that it failed, as
// Discord does with some long ones. A part that is absent after the same error again
// and again, while other posts get through, is held.
//
// A pause is an admin's: nothing new goes to the channel, and its slots are skipped.
//
// # Planning
//
// Wishes of people, such as subscriptions made in chat and pauses, are in the ledger
// first and in memory then. A message to a follower is planned before the post is
// noted as sent; if the platform refuses it, it fails and blocks nothing.
//
// If no subscription names a channel any more, its deliveries are skipped, unless
// something of them was posted or may have been: people correct a wrong channel
// because nothing should go there.
//
// If a slot finds a digest that it does not post (one without stories, an example of
// the bot's on a platform), the digest is skipped with its reason when the slot's
// wait is over. Its text is not noted: when its file becomes fit to be posted, it is
// owed like any other.
//
// A notice to the admins is a delivery, too. Its key is made of its subject, so it is
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
// Two files are one digest if they tell the same, whatever they are called:
// digest.Same says when. Of copies beside each other, the library has one. A file that
// is renamed, moved, or copied and rewritten leaves deliveries behind whose ID is gone
// or tells something else. Before anything is planned, these go to the digest that
// tells now what they said (plan/moves.go): it is not posted again, is corrected where
// it stands, and is found and resent under its new name. That is the digest of the
// same day and language with the same words; else the one with four fifths of the
// headlines of the larger one, or with half of them under the same title; and, where
// both have sources, half of the links. A corrected date makes no difference if every
// word is the same.
//
// x-en and x-zh are two digests, and so are two files that share a story or two. A file
// that was moved and rewritten by more than half while the bot was down is another
// digest. It may take a name that was used: then its key is made like that of a
// rewritten file.
//
// # Faults
//
// The faults that can happen, what holds then, and the test that shows it, in this
// package unless a folder is named. TestSimulation and TestDeathAtEveryAwait mix
// most of these in thousands of histories, TestReplicaSimulation does with several replicas
// over one ledger.
//
//	the answer is lost after the post       found or known again, once; TestLostAnswers, TestHistoryThatLags
//	refused before the post                 tried again as asked, once; TestRetryableWaitsAsLongAsThePlatformSays
//	death at any change, at any request     nothing lost, twice or out of order; TestDeathAtEveryChange, TestDeathAtEveryAwait
//	death by SIGKILL                        the same over real sockets; cmd/digestbot TestPowerCut, TestStories, bot/ledger/sqlite TestKilledAfterEveryWrite
//	down longer than the dedup window       history decides; TestDeathAtEveryChange, TestSimulation
//	a killed request arrives after all      absence is believed only when it has settled; TestAnAttemptThatHangsIsCutAndSettled, TestSimulation
//	history shows a post late               so many looks in a row, apart from each other; TestLooks, adapters/slack TestLooksTellPresence
//	history is behind                       it proves nothing, and the looks begin anew; TestALookThatFailsDoesNotCount, adapters/slack TestHistoryThatIsBehind
//	refused or cut, and not carried out     made again within 90 s; TestAbsenceIsBelievedSoon, cmd/digestbot TestRecovery
//	history cannot be read                  waited for, then held and told; TestWhatCannotBeToldIsHeldAndNotRepeated
//	a refusal while a post is in doubt      the doubt stays; TestRefusedWhileInDoubt
//	a request at the end of the window      history instead; TestTheWindowIsNotUsedToItsEnd
//	two processes on one ledger             the second is refused; bot/ledger/sqlite TestLock. A change of a row that was changed is fenced; TestLedger there
//	a replica is frozen, and wakes          no request for which another took over; TestReplicaSimulation, bot/engine/replicas TestLeaseOfTheDead
//	a lease moves, during anything          the next one settles what was left; TestReplicaSimulation
//	a change is made, and its answer lost   the row is read anew; TestReplicaSimulation
//	the database is away for a while        nothing is posted, then all goes on; TestReplicaSimulation
//	a replica sees a file later             it is waited for for a minute; TestLibraryThatLagsBehind, TestReplicaSimulation
//	429 of a route, global, shared          adapters/discord TestPace, adapters/discord/internal/wire TestBucketsGo; adapters/slack TestOneChannelThatIsLimitedHoldsUpNoOther
//	limits that get tighter                 adapters/discord TestPaceLearns; adapters/slack TestTheWorkspaceTakesLess
//	the token is revoked                    one request now and then, told once, resumes; TestPausedAdapter, TestUnheard
//	the gateway resumes nothing             a new session within half a minute; adapters/discord TestResumeWithoutEnd, cmd/digestbot TestRecovery
//	connections that are lost in a row      each is back as soon as the first; adapters/discord TestDropsDoNotAddUp, adapters/slack TestCutsDoNotAddUp
//	a gateway that says nonsense            the connection ends, in words; adapters/discord TestGatewayOutOfBounds, adapters/slack TestPingsAreNoHello
//	commands are not heard any more         told at once and once, and once when they are; TestUnheard
//	the channel is gone or closed           backlog kept, told once, resumes in order, given up after days; TestPausedChannel, TestPausedForEver
//	a payload that is refused               failed with the reason, no other disturbed; TestRejectedIsRecordedAndDisturbsNoOther
//	the same payload fails each time        held, if it fails also after others got through; TestStubborn
//	the platform is down for an hour        nothing held, each digest once in minutes; TestDownForAnHour, TestAnOutageHoldsNothing
//	the same error for ever                 held or given up, with words; TestDoubtWithoutEndIsHeld, TestRetryingEnds
//	a row of the ledger makes no sense      held with the reason or ended, told, no other disturbed; TestDamagedRows, TestDamagedSlots
//	config.toml has an adapter no more      slots fail with the reason, until it is back; TestLostAdapter, cmd/digestbot TestStories
//	config.toml leaves a home out           the same, and followers there are not written to; TestLostHome, cmd/digestbot TestStories
//	settings of another version             nothing is posted for them, told once; TestNotUnderstoodIsTold
//	a digest that fills dozens of messages  headlines and a button to the rest, told once; TestMaxParts, TestMaxPartsIsToldOnce, cmd/digestbot TestLongDigestIsPostedAsHeadlines
//	part 1 is there, part 2 fails           only part 2 again, behind part 1; TestLostAnswers, TestReleaseAndForget
//	a post is edited while it is sent       every channel gets one text, then the correction; TestDeathAtEveryChange
//	a post is removed                       not posted again; TestWhatWasRemovedIsNotPostedAgain
//	a digest leaves or cannot be laid out   skipped or failed, with the reason; TestDigestThatIsGoneOrCannotBeRendered
//	a file half written, or broken          digest/source TestScanNeverTakesHalfAFile, TestScanKeepsWhatWasGood
//	a file is renamed, moved or edited      not posted again, corrected in place; TestMovedDigestIsNotPostedAgain, TestMovedAndEdited, digest/source TestScanOfMovedFiles
//	a copy of a file lands, at any time     left out and told by lint; TestCopiesArePostedOnce, digest/ TestSame, TestCopyNames
//	latest.md is kept elsewhere             each digest posted once; TestLatestIsRotated, TestEditionsOfOneDay
//	a digest takes a name that was used     posted like any other; TestMovedThereAndBack, TestBundleUnderUsedNames
//	moved while a post is under way         goes on under the new name; TestMovedWhileUnderWay, TestMovedDuringAnAttempt, TestMovedBeforeItIsComposed, TestMovedBeforeAChannelBegins
//	moved between two channels' posts       each has it once, followers are told once; TestMovedBetweenChannels, TestFollowersOfWhatWasMoved
//	a ledger that knew paths alone          carried over; TestLedgerOfAnOlderBuild
//	two digests that are much alike         both are posted; TestAnotherDigestIsNoMove, digest/ TestSame
//	a clock change of a zone                bot/schedule TestEveryClockChange
//	the clock is set by hours or days       nothing twice, no slot inside its wait lost; TestClockThatIsSet, TestWaitingFollowsTheClock, TestDoubtFromAnotherClock
//	the bot was not running                 the last slot inside its wait opens; TestDowntimeOpensTheLastSlotInsideItsWait
//	nobody notices that nothing came        admins and channels are told; TestSlotsAreTold, TestOnEmpty
//	the disk is full, the file is damaged   no promise, no post; bot/ledger/sqlite TestDiskFull, TestDamagedFile, TestDamagedLog
//	the database of replicas is away        nothing is lost, people are answered; bot/engine/replicas TestLeaseWithoutDatabase, bot/ledger/postgres TestRestart
//	the clock of a replica is wrong         it plans and posts nothing, and says so; bot/engine/replicas TestWrongClock
//	a request that comes to two replicas    answered once; adapters/discord TestClaims, adapters/slack TestClaims
//	stopped inside a long wait              at once, the state kept; bot/engine/local TestStopLetsAnAttemptEnd
//	a request that comes twice              planned once; bot/command TestResend
//	a thousand channels, a long digest      part 1 to all, then part 2; bot/engine/local TestRounds
//	a digest of a day to come is there      due on its day, the newest of nobody before; TestDayToCome, bot/command TestNewestHasCome
//	the first start finds old digests       none goes to a team, all of the newest day if fresh; TestStartIsFreshExceptOnTheLocalPage, TestStartsWithAllOfTheNewestDay
//	the library is the examples             none goes to a team, and why is said; TestExamples
//	a day without news                      an outcome of its own, no post, no alarm; TestDayWithoutNews, TestDeathOnADayWithoutNews
//	a wrong channel is corrected            its backlog is not posted there; TestBacklogOfAChannelThatNobodyNames, bot/engine/local TestNothingIsPostedBeforeTheFirstPlan
//	a subscription changes in a slot        each slot ends with an outcome; TestSubscriptionsChangeWhileRunning
//	an admin pauses a channel               nothing new, no alarm, in order afterwards; TestHalt
//	death while followers are told          each is told once; TestFollowersAreToldOnce
//	a button is pressed twice, or by two    done once; bot/command TestResend
//	two subscriptions that overlap          posted once; TestOverlappingSubscriptionsPostOnce, TestBundlesThatOverlap
//
// A bug of ours that panics costs the one thing in hand: it is logged with its stack
// at ERROR, and the next is taken up. The places that keep things so:
//
//	a file is read                          its problem, the version before stays; digest/source TestBugInReading, TestBugInALibrary, cmd/digestbot TestBugInReading
//	files or a commit become a library      the one before stays, tried again; digest/source TestBugInAScan, TestBugInACommit
//	a digest is indexed for the search      the others are found; digest/shelf TestBugInIndexing
//	the desk learns the library             it works it out when asked; cmd/digestbot/internal/house TestLearn
//	a digest is laid out                    fails with a reason, told once, no other disturbed; TestBugInRender
//	a post is corrected                     it stays as it is; TestWhatIsNoCorrection
//	the platform is asked to post, to look  in doubt, settled as always, held in the end; TestBugInAnAdapter, TestBugWithoutEnd, TestSimulation
//	followers are told                      the post stands, once; TestBugForFollowers
//	a subscription is planned               the others are, again in a minute; TestBugInPlan
//	a delivery has its turn                 as after death, again in some seconds; bot/engine/local TestBugInATurn, TestBugEachTime
//	the ledger writes a change              it is taken back, the next is written; bot/ledger/sqlite TestBugInAChange
//	a command, suggestions, a form          an apology; bot/command TestFailuresAreWordedForReadersAndLoggedForOperators
//	a request on a platform                 an apology, slots and permits are back; adapters/discord TestAdapter, TestBugInARequest, adapters/slack TestConformance, TestBugInAReply, adapters/slack/internal/wire TestBugInAPost
//	a connection to a platform              another is opened, ever later; adapters/discord TestBugOnTheGateway, TestBugInASession, adapters/discord/internal/wire TestBugInAHeartbeat, adapters/slack TestBugOnTheWay
//	an adapter begins to listen             no commands there, told once; adapters/discord TestBugWhileListening, cmd/digestbot TestBugInAListener
//	a page, any request by HTTP             an apology; adapters/web TestBugInAPage, cmd/digestbot/internal/house TestBugInARequest, bot/panics TestHandler
//	a command of the terminal               fails in words; cmd/digestbot TestBugInACommand
//
// # Guards
//
// The measures that keep all that from happening, and the test that fails, among others, when
// it is taken out:
//
//	the promise before the deed            TestDeathAtEveryChange
//	a refusal leaves a doubt as it is      TestRefusedWhileInDoubt
//	the key, and that it is enforced       adapters/discord TestSend
//	the channel in the key                 bot/ledger TestKeys
//	settling before absence is believed    TestHistoryThatLags
//	what was given up is taken back        adapters/slack/internal/wire TestWhatWasGivenUpIsTakenBack
//	history before another attempt         TestLostAnswers
//	several looks                          TestLooks
//	the fence                              bot/ledger/sqlite TestLedger
//	promises of the lease's holder alone   TestReplicaSimulation
//	a last look at the lease               TestReplicaSimulation
//	time that counts from the promise      TestReplicaSimulation
//	permits that are held to the answer    adapters/discord TestPace
//	a silent first second                  adapters/discord TestFirstSecond, adapters/slack TestNothingIsPostedRightAfterTheStart
//	slots by the clock on the wall         bot/schedule TestEveryClockChange
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
//	a home knows its own alone             bot/command TestAdminsOfAnotherHome
//
// # What remains
//
// Exactly once cannot be guaranteed in these cases: a process that is frozen between promise and call for
// longer than the dedup window or the looks; a person who deletes a post while it
// is in doubt, which is then posted once more where only history tells; a
// platform whose history hides a post for longer than all looks; a clock that is
// set back while the bot is down, by less than it is down, so that the dedup
// window seems open still, and one that is set in the half second in which an
// attempt ends; and an admin who releases what is there.
package dispatch
