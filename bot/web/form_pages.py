"""Forms as pages: one step a page, a page to check the answers, and only then sending."""

from __future__ import annotations

from aiohttp import web

from bot.web.forms import Search, Typed, fields_of, lines_of, read
from bot.web.presses import answer_on, form_address, page_of_origin
from bot.web.site import Refusal, Site
from bot.web.visits import Visit
from handlers.kit.answers import check_step
from handlers.kit.errors import UserError
from handlers.kit.forms import SearchField
from handlers.kit.messages import Message
from handlers.kit.replies import FormView, Handled, Outcome
from handlers.kit.updates import Edited, Lookup, Opened, Submission

# A form of one step with so few fields is seen whole: it is its own check page.
FIELDS_SEEN_WHOLE = 1


class FormPages:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[web.RouteDef]:
        serve = self._site.serve
        return [
            web.get("/forms/{draft}", serve(self.show)),
            web.post("/forms/{draft}", serve(self.submit)),
            web.get("/forms/{draft}/options", serve(self.options)),
        ]

    async def show(self, visit: Visit) -> web.Response:
        """A step; the one where the draft was left where the address names none."""
        asked = visit.request.query.get("step", "")
        view = await self._view(visit, int(asked) if asked.isdecimal() and len(asked) < 4 else None)
        return self.page(visit, view)

    async def submit(self, visit: Visit) -> web.Response:
        """What a step's buttons do: go on, search, send, or keep it for later."""
        asked = visit.typed.get("step", "")
        view = await self._view(visit, int(asked) if asked.isdecimal() and len(asked) < 4 else None)
        typed = read(view.form, view.step, visit.typed)
        button = visit.typed.get("go", "")
        search = self._search(view, typed, button)
        if search is not None:
            return await self._find(visit, view, typed, search)
        origin = page_of_origin(visit.typed.get("from", ""))
        if button == "later":
            await self._keep(visit, view, typed)
            notice = visit.words._("Saved. You find “%(form)s” on this page when you want to go on.")
            return self._site.see_other("/", notice % {"form": view.form.title})
        whole = len(view.form.steps) == 1 and len(view.form.fields) <= FIELDS_SEEN_WHOLE
        content = Submission(
            view.form.name, view.draft_id, typed.answers, view.step, send=view.checking or whole
        )
        update_id = visit.update_id(view.draft_id, view.step, typed.answers)
        return await self._answer(visit, view, await visit.dispatch(content, update_id), origin)

    async def options(self, visit: Visit) -> web.Response:
        """What a search finds, for the page's own script."""
        view = await self._view(visit, None)
        query = visit.request.query
        lookup = Lookup(view.form.name, query.get("field", ""), query.get("q", "")[:100], view.draft_id)
        handled = await self._site.services.dispatcher.handle(visit.update(lookup))
        return web.json_response(
            [
                {"value": option.value, "label": option.label, "help": option.help}
                for option in handled.options
            ]
        )

    async def _view(self, visit: Visit, step: int | None) -> FormView:
        _ = visit.words._
        if visit.member is None:
            raise Refusal(
                403,
                _("Sign in to go on with this form"),
                _("What you typed into it before is kept and waits for you."),
                kept=True,
            )
        try:
            return await self._site.services.dispatcher.form(
                visit.update(Opened()), visit.request.match_info["draft"], step
            )
        except UserError as error:
            raise Refusal(404, _("This form is not open"), error.text) from None

    def _search(self, view: FormView, typed: Typed, button: str) -> str | None:
        """The field to search for: its button was pressed, or somebody typed into it and pressed Enter."""
        if button.startswith("find-"):
            return button.removeprefix("find-")
        if button == "enter":
            return next((name for name in typed.queries if not typed.answers.get(name)), None)
        return None

    async def _find(self, visit: Visit, view: FormView, typed: Typed, name: str) -> web.Response:
        if not isinstance(view.form.field(name), SearchField):
            raise web.HTTPNotFound
        await self._keep(visit, view, typed)
        query = typed.queries.get(name, "")
        lookup = Lookup(view.form.name, name, query, view.draft_id)
        handled = await self._site.services.dispatcher.handle(visit.update(lookup))
        fresh = await self._view(visit, view.step)
        return self.page(visit, fresh, search=Search(name, query, handled.options))

    async def _keep(self, visit: Visit, view: FormView, typed: Typed) -> None:
        content = Edited(view.form.name, view.draft_id, typed.answers, view.step)
        await visit.dispatch(content, visit.form_id())

    async def _answer(self, visit: Visit, view: FormView, handled: Handled, origin: str) -> web.Response:
        match handled.reply:
            case FormView() as shown if shown.problems:
                return self.page(visit, shown)
            case FormView() as shown:
                # Whoever came to change one answer goes back to where all of them are checked. What was sent
                # may lead to another form.
                same = shown.draft_id == view.draft_id
                back = same and visit.typed.get("back") == "check" and not shown.checking
                step = len(shown.form.steps) if back else shown.step
                return self._site.see_other(form_address(shown, origin, step))
            case Message() if handled.outcome is Outcome.HANDLED and origin:
                return await answer_on(self._site, visit, handled, origin)
            case Message() if handled.outcome is Outcome.HANDLED:
                return self._site.see_other("/#latest")
            case Message() as said:
                raise Refusal(422, visit.words._("This was not sent"), said.text, kept=True)
        if handled.outcome is Outcome.DUPLICATE:
            return await self._after_duplicate(visit, view, origin)
        return self._site.see_other(origin or "/#latest")

    async def _after_duplicate(self, visit: Visit, view: FormView, origin: str) -> web.Response:
        """The second of two clicks: show what the first led to."""
        try:
            held = await self._site.services.dispatcher.form(visit.update(Opened()), view.draft_id)
        except UserError:
            return self._site.see_other(origin or "/#latest")
        stays = view.checking or held.step == view.step
        if view.step + 1 == len(held.form.steps):
            # The draft stands at its last step, whether that one is sound or not.
            stays = bool(check_step(held.form, view.step, held.answers, visit.words))
        step = view.step if stays else view.step + 1
        return self._site.see_other(form_address(view, origin, step))

    def page(self, visit: Visit, view: FormView, search: Search | None = None) -> web.Response:
        """The page of a step, or the one where every answer is checked."""
        asked = visit.typed.get("from", "") or visit.request.query.get("from", "")
        origin = page_of_origin(asked)
        if view.checking:
            lines = lines_of(view, visit.words)
            return self._site.page(visit, "form_check.html", view=view, lines=lines, origin=origin)
        fields = fields_of(view, visit.words, search)
        other = [text for name, text in view.problems.items() if name not in {item.name for item in fields}]
        return self._site.page(
            visit,
            "form_step.html",
            status=422 if view.problems else 200,
            view=view,
            step=view.form.steps[view.step],
            fields=fields,
            problems=[item for item in fields if item.error],
            other_problems=other,
            back=visit.request.query.get("back", "") or visit.typed.get("back", ""),
            whole=len(view.form.steps) == 1 and len(view.form.fields) <= FIELDS_SEEN_WHOLE,
            search=search,
            origin=origin,
        )
