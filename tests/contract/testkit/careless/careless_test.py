"""The contract suites notice a plugin that breaks its promises: careless_test.py PROGRAM."""
import os
import re
import subprocess
import sys

noticed = """
AnyPluginContract.hasAnEntryThatTheServerCanUse
AnyPluginContract.offersNothingUnderIdsItCannotKnow
AnyPluginContract.passesItsOwnSelfTest
AnyPluginContract.handsItsStateToTheNextGeneration
RoutingScorerContract.hasANameAndAtLeastOneSide
RoutingScorerContract.scoresBetweenZeroAndOneOrAbstains
RoutingScorerContract.givesTheSameScoresAgainAndInAnyInstance
RoutingScorerContract.scoresEachByItselfWhateverStandsBesideIt
AlertRuleContract.saysWhatItReadsAndHowFarBack
AlertRuleContract.isSilentWhereThereIsNothingToSee
AlertRuleContract.raisesAlertsWithinTheirBounds
AlertRuleContract.saysTheSameAgainAndInAnyInstance
AssistantContract.saysWhatItDoes
AssistantContract.endsEveryAnswerOnce
CommandContract.saysWhatItIsCalledAndWhoMayRunIt
CommandContract.endsEveryRunOnce
EventSinkContract.saysWhatItTakes
EventSinkContract.answersForOneEventAndForAFullBatch
EventSinkContract.takesSomethingOfSoundEvents
AuthenticatorContract.letsNobodyInWithATokenOfNobody
AuthenticatorContract.namesWhoStandsBehindAGoodToken
HttpUiContract.hasAMenuThatLeadsSomewhere
HttpUiContract.hasHookRoutesThatCanBeServed
HttpUiContract.answersRequestsOfAnyKind
MessageTypeContract.hasConstantsThatMakeSense
MessageTypeContract.judgesMessagesOfAnyKindWithinTheBounds
MessageTypeContract.summarisesOnOneShortLine
RoomTypeContract.hasConstantsThatMakeSense
RoomTypeContract.judgesAnybody
""".split()

# It keeps completions for ever, which is one of its faults.
ran = subprocess.run([sys.argv[1]], env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}, capture_output=True, text=True, errors="replace")
failed = set(re.findall(r"^\[  FAILED  \] \w+/(\w+\.\w+)/", ran.stdout, flags=re.M))
missed = [name for name in noticed if name not in failed]
if ran.returncode != 1 or missed:
    print(ran.stdout[-4000:], ran.stderr[-2000:])
    sys.exit(f"not noticed: {missed}" if missed else f"ended with {ran.returncode}")
print(f"{len(noticed)} suites' tests noticed what they are there for")
