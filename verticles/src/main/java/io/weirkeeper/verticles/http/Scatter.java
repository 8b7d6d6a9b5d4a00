package io.weirkeeper.verticles.http;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/** Asks many at once, with a bound on how many at a time; used on one event loop. */
final class Scatter {
  private Scatter() {}

  /**
   * Applies a question to every item.
   *
   * @param parallel most unanswered questions at a time
   * @param question must not fail: it maps failures to an answer
   * @return the answers in the order of the items
   */
  static <T, A> Future<List<A>> gather(
      List<T> items, int parallel, Function<T, Future<A>> question) {
    return new Run<>(items, parallel, question).begin();
  }

  private static final class Run<T, A> {
    private final List<T> items;
    private final int parallel;
    private final Function<T, Future<A>> question;
    private final List<A> answers;
    private final Promise<List<A>> promise = Promise.promise();
    private int next;
    private int open;
    private boolean launching;

    Run(List<T> items, int parallel, Function<T, Future<A>> question) {
      this.items = items;
      this.parallel = parallel;
      this.question = question;
      this.answers = new ArrayList<>(Collections.nCopies(items.size(), null));
    }

    Future<List<A>> begin() {
      launch();
      return promise.future();
    }

    private void launch() {
      if (launching) {
        return;
      }
      // Answers may come at once: a loop instead of recursion keeps the stack flat.
      launching = true;
      while (next < items.size() && open < parallel) {
        int index = next;
        next++;
        open++;
        question
            .apply(items.get(index))
            .onComplete(
                done -> {
                  open--;
                  if (done.failed()) {
                    promise.tryFail(done.cause());
                    return;
                  }
                  answers.set(index, done.result());
                  launch();
                });
      }
      launching = false;
      if (next == items.size() && open == 0) {
        promise.tryComplete(answers);
      }
    }
  }
}
