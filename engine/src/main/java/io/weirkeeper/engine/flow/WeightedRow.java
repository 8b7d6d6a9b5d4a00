package io.weirkeeper.engine.flow;

/**
 * A row and how many copies of it came (positive) or went (negative).
 *
 * @param row the row
 * @param weight copies
 */
public record WeightedRow(ViewRow row, long weight) {}
