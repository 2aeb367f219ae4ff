namespace Skald;

/// <summary>What a change means for a saga that is under way, or a message that is on its way.</summary>
public enum PlanVerdict
{
    /// <summary>It goes on.</summary>
    GoesOn,

    /// <summary>It goes on, and does not take a step that it would have taken.</summary>
    Skips,

    /// <summary>It is parked for a person, or becomes a dead letter.</summary>
    Parks,
}

/// <summary>Something that has changed.</summary>
/// <param name="What">The saga with its version, or the message.</param>
/// <param name="Verdict">What it means.</param>
/// <param name="Text">What has changed, and what to do where it parks something.</param>
public sealed record PlanFinding(string What, PlanVerdict Verdict, string Text);

/// <summary>Compares what was deployed with what is about to be.</summary>
public static class PlanComparison
{
    /// <summary>What has changed, in the order of what was saved. Nothing when all is as it was.</summary>
    public static IReadOnlyList<PlanFinding> Compare(SavedService saved, SavedService now)
    {
        ArgumentNullException.ThrowIfNull(saved);
        ArgumentNullException.ThrowIfNull(now);
        return [.. saved.Plans.SelectMany(plan => Compare(plan, now)), .. New(saved, now), .. saved.Messages.SelectMany(message => Compare(message, now))];
    }

    private static IEnumerable<PlanFinding> Compare(SavedPlan saved, SavedService now)
    {
        var what = $"{saved.Saga} {saved.Version}";
        var versions = now.Plans.Where(p => p.Saga == saved.Saga).ToList();
        if (versions.Find(p => p.Version == saved.Version) is { } same)
        {
            return Steps(what, saved, same);
        }

        return
        [
            new PlanFinding(what, PlanVerdict.Parks, versions.Count == 0
                ? "the saga is no longer defined: keep its class until none is under way"
                : $"the version is no longer carried: lower OldestVersion to {saved.Version} until none is under way"),
        ];
    }

    private static IEnumerable<PlanFinding> Steps(string what, SavedPlan saved, SavedPlan now)
    {
        var place = -1;
        foreach (var before in saved.Steps)
        {
            if (Find(now, before.Name) is not { } after)
            {
                yield return new PlanFinding(what, PlanVerdict.Parks, $"step '{before.Name}' is gone: keep it with Until({saved.Version + 1}), or say Removed(\"{before.Name}\", since: {saved.Version + 1})");
                continue;
            }

            if (after.Place < place)
            {
                yield return new PlanFinding(what, PlanVerdict.Parks, $"step '{before.Name}' has another place: raise the version, and give the moved step another name");
            }

            place = Math.Max(place, after.Place);
            foreach (var finding in Step(what, before, after.Step))
            {
                yield return finding;
            }
        }

        foreach (var added in now.Steps.Where(step => !saved.Steps.Any(before => before.Name == step.Name || step.FormerNames.Contains(before.Name))))
        {
            yield return added.Kind == SavedStep.Pivot
                ? new PlanFinding(what, PlanVerdict.Parks, $"the point of no return '{added.Name}' was added: raise the version, and say Since({saved.Version + 1})")
                : new PlanFinding(what, PlanVerdict.Skips, $"step '{added.Name}' was added under the same version: who has passed its place skips it. Beside processes with the old code, raise the version and say Since({saved.Version + 1})");
        }
    }

    private static IEnumerable<PlanFinding> Step(string what, SavedStep before, SavedStep after)
    {
        if (after.Name != before.Name)
        {
            yield return new PlanFinding(what, PlanVerdict.GoesOn, $"step '{before.Name}' is called '{after.Name}': safe where no process with the old code runs beside; otherwise say before which version");
        }

        if ((before.Kind == SavedStep.Pivot) != (after.Kind == SavedStep.Pivot))
        {
            yield return new PlanFinding(what, PlanVerdict.Parks, $"'{after.Name}' {(after.Kind == SavedStep.Pivot ? "is the point of no return now" : "was the point of no return")}: who is past it may be undone, or not any more. Keep both, with Until and Since");
        }

        if (after.Does != before.Does)
        {
            yield return (before.Does, after.Does) switch
            {
                (SavedStep.Wait, SavedStep.Removed) => new PlanFinding(what, PlanVerdict.Parks, $"the wait '{after.Name}' is removed: who waits there waits on. Keep it, with Until"),
                (_, SavedStep.Removed) => new PlanFinding(what, PlanVerdict.Skips, $"step '{after.Name}' is removed: who has not come to it skips it, who has taken it {(after.UndoneBy is null ? "keeps it" : "undoes it")}"),
                _ => new PlanFinding(what, PlanVerdict.Parks, $"step '{after.Name}' was {before.Does} and is {after.Does}: raise the version, and give the new one another name"),
            };
        }
        else if (after.Message != before.Message)
        {
            yield return before.Does == SavedStep.Wait
                ? new PlanFinding(what, PlanVerdict.Parks, $"'{after.Name}' waited for '{before.Message}' and waits for '{after.Message}': an event that is kept cannot be read. Raise the version")
                : new PlanFinding(what, PlanVerdict.GoesOn, $"step '{after.Name}' asks '{after.Message}' instead of '{before.Message}'; what is open is answered as it was asked");
        }

        foreach (var added in (after.Or ?? []).Except(before.Or ?? []))
        {
            yield return new PlanFinding(what, PlanVerdict.GoesOn, $"'{after.Name}' waits for '{added}' as well: safe where no process with the old code runs beside; otherwise raise the version");
        }

        foreach (var gone in (before.Or ?? []).Except(after.Or ?? []))
        {
            yield return new PlanFinding(what, PlanVerdict.Parks, $"'{after.Name}' waited for '{gone}' as well: where it is kept it cannot be read. Raise the version");
        }

        if (after.UndoneBy != before.UndoneBy)
        {
            yield return new PlanFinding(what, PlanVerdict.GoesOn, $"step '{after.Name}' is undone by {after.UndoneBy ?? "nothing"} instead of {before.UndoneBy ?? "nothing"}, also where it was taken before");
        }
    }

    private static IEnumerable<PlanFinding> New(SavedService saved, SavedService now) => now.Plans
        .Where(plan => !saved.Plans.Any(before => before.Saga == plan.Saga && before.Version == plan.Version))
        .Select(plan => new PlanFinding($"{plan.Saga} {plan.Version}", PlanVerdict.GoesOn, "is new"));

    private static IEnumerable<PlanFinding> Compare(SavedMessage saved, SavedService now)
    {
        if (now.Messages.FirstOrDefault(m => m.Name == saved.Name) is not { } after)
        {
            yield return new PlanFinding(saved.Name, PlanVerdict.GoesOn, "is not used any more: keep its handler until no message of it is on its way");
            yield break;
        }

        foreach (var (member, type) in after.Members)
        {
            var before = saved.Members.GetValueOrDefault(member);
            if (before is null && type.EndsWith('!'))
            {
                yield return new PlanFinding(saved.Name, PlanVerdict.Parks, $"'{member}' must be there, and messages on their way have none: make it optional, or give the message another wire name");
            }
            else if (before is not null && before.TrimEnd('!') != type.TrimEnd('!'))
            {
                yield return new PlanFinding(saved.Name, PlanVerdict.Parks, $"'{member}' was {before.TrimEnd('!')} and is {type.TrimEnd('!')}: give the message another wire name, or the member another name");
            }
            else if (before is not null && !before.EndsWith('!') && type.EndsWith('!'))
            {
                yield return new PlanFinding(saved.Name, PlanVerdict.Parks, $"'{member}' must be there now, and messages on their way may have none: leave it optional");
            }
        }

        foreach (var gone in saved.Members.Where(m => !after.Members.ContainsKey(m.Key)))
        {
            yield return gone.Value.EndsWith('!')
                ? new PlanFinding(saved.Name, PlanVerdict.Parks, $"'{gone.Key}' is gone, and processes with the old code cannot read the message without it")
                : new PlanFinding(saved.Name, PlanVerdict.GoesOn, $"'{gone.Key}' is gone");
        }
    }

    private static (SavedStep Step, int Place)? Find(SavedPlan plan, string name)
    {
        for (var place = 0; place < plan.Steps.Count; place++)
        {
            if (plan.Steps[place].Name == name || plan.Steps[place].FormerNames.Contains(name))
            {
                return (plan.Steps[place], place);
            }
        }

        return null;
    }
}
